ALTER TABLE "data_keys" ADD COLUMN "purpose" TEXT NOT NULL DEFAULT 'seal';
ALTER TABLE "data_keys" ADD COLUMN "retired_at" DATETIME;
ALTER TABLE "data_keys" ADD COLUMN "destroyed_at" DATETIME;

-- Nothing may be left behind, or come late, under a key that was destroyed: it would never open again.
CREATE TRIGGER "vault_items_data_key_insert" BEFORE INSERT ON "vault_items"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "vault_items_data_key_update" BEFORE UPDATE OF "data_key_id" ON "vault_items"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "browser_profiles_data_key_insert" BEFORE INSERT ON "browser_profiles"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "browser_profiles_data_key_update" BEFORE UPDATE OF "data_key_id" ON "browser_profiles"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "codes_data_key_insert" BEFORE INSERT ON "codes"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "codes_data_key_update" BEFORE UPDATE OF "data_key_id" ON "codes"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "signing_secrets_data_key_insert" BEFORE INSERT ON "signing_secrets"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "signing_secrets_data_key_update" BEFORE UPDATE OF "data_key_id" ON "signing_secrets"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "sms_webhooks_data_key_insert" BEFORE INSERT ON "sms_webhooks"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "sms_webhooks_data_key_update" BEFORE UPDATE OF "data_key_id" ON "sms_webhooks"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "runs_data_key_insert" BEFORE INSERT ON "runs"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."start_url_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "runs_data_key_update" BEFORE UPDATE OF "start_url_key_id" ON "runs"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."start_url_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;
