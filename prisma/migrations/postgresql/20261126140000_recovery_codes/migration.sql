ALTER TABLE "credentials" ADD COLUMN     "recovery_codes_left" INTEGER,
ADD COLUMN     "use_recovery_codes" BOOLEAN NOT NULL DEFAULT false;
