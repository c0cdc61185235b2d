ALTER TABLE "data_keys" ADD COLUMN     "destroyed_at" TIMESTAMP(3),
ADD COLUMN     "purpose" TEXT NOT NULL DEFAULT 'seal',
ADD COLUMN     "retired_at" TIMESTAMP(3);

-- Nothing may be left behind, or come late, under a key that was destroyed: it would never open again. The lock makes
-- a writer and whoever destroys the key wait for each other, so that the later one sees what the earlier one did.
CREATE FUNCTION "refuse_destroyed_data_key"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key_id text;
    destroyed timestamp;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO key_id USING NEW;
    SELECT "destroyed_at" INTO destroyed FROM public."data_keys" WHERE "id" = key_id FOR SHARE;
    IF destroyed IS NOT NULL THEN
        RAISE EXCEPTION 'the data key was destroyed';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER "vault_items_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "vault_items"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');

CREATE TRIGGER "browser_profiles_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "browser_profiles"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');

CREATE TRIGGER "codes_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "codes"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');

CREATE TRIGGER "signing_secrets_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "signing_secrets"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');

CREATE TRIGGER "sms_webhooks_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "sms_webhooks"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');

CREATE TRIGGER "runs_data_key" BEFORE INSERT OR UPDATE OF "start_url_key_id" ON "runs"
FOR EACH ROW WHEN (NEW."start_url_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('start_url_key_id');
