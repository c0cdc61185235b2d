-- As for everything that is sealed: nothing comes late under a key that was destroyed.
CREATE TRIGGER "vault_configs_data_key_insert" BEFORE INSERT ON "vault_configs"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "vault_configs_data_key_update" BEFORE UPDATE OF "data_key_id" ON "vault_configs"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;
