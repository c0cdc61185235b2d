-- breaking: a session sees only the rows it says it is about, which older versions do not say
-- The second fence between organizations, behind the one in the queries: a connection sees and writes the rows of the
-- organization it says it is about (all of them where it says *), and none where it says nothing. FORCE, since the
-- service owns its tables. Superusers and roles with BYPASSRLS are exempt.

ALTER TABLE "organizations" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "organizations" USING (
    "id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "data_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "data_keys" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "api_keys" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "credentials" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "credentials" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "vault_items" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "vault_items" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "vault_configs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "vault_configs" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "vault_writes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "vault_writes" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "workflows" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "workflows" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "runs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "runs" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "run_events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "run_events" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "artifacts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "artifacts" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "browser_profiles" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "browser_profiles" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "attempts" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "leases" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "leases" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "used_codes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "used_codes" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "passkey_counters" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "passkey_counters" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "mailbox_tokens" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "mailbox_tokens" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "idempotency_keys" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "codes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "codes" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "code_waits" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "code_waits" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "signing_secrets" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "signing_secrets" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "audit_events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "audit_events" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);

ALTER TABLE "sms_webhooks" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "organization" ON "sms_webhooks" USING (
    "organization_id" = current_setting('keyturn.organization_id', true) OR current_setting('keyturn.organization_id', true) = '*'
);
