ALTER TABLE "runs" ADD COLUMN     "passkey_given_at" TIMESTAMP(3);
