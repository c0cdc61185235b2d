ALTER TABLE "runs" ADD COLUMN "url_is_secret" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "runs" ADD COLUMN "start_url_key_id" TEXT;

ALTER TABLE "runs" ADD COLUMN "start_url_sealed" BLOB;
