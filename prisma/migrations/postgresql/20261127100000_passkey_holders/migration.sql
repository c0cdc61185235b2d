ALTER TABLE "credentials" ADD COLUMN     "passkey_key" TEXT;

CREATE INDEX "credentials_organization_id_passkey_key_idx" ON "credentials"("organization_id", "passkey_key");

CREATE INDEX "passkey_counters_modified_at_idx" ON "passkey_counters"("modified_at");

-- Which passkey it is shows only to who has the organization's key: known once it was used.
UPDATE "credentials" SET "passkey_key" = 'unknown' WHERE "details" ->> 'passkey_rp_id' IS NOT NULL;
