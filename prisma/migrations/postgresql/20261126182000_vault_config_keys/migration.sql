-- As for everything that is sealed: nothing comes late under a key that was destroyed.
CREATE TRIGGER "vault_configs_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "vault_configs"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');
