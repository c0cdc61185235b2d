ALTER TABLE "runs" ADD COLUMN "passkey_given_at" DATETIME;
