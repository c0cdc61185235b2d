ALTER TABLE "runs" ADD COLUMN     "start_url_key_id" TEXT,
ADD COLUMN     "start_url_sealed" BYTEA,
ADD COLUMN     "url_is_secret" BOOLEAN NOT NULL DEFAULT false;
