ALTER TABLE "organizations" ADD COLUMN     "audit_hash" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "audit_sequence" INTEGER NOT NULL DEFAULT 0;

CREATE TABLE "audit_events" (
    "organization_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "id" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT,
    "related" TEXT,
    "result" TEXT NOT NULL,
    "error_code" TEXT,
    "details" JSONB NOT NULL,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("organization_id","sequence")
);

CREATE INDEX "audit_events_organization_id_subject_sequence_idx" ON "audit_events"("organization_id", "subject", "sequence");

CREATE INDEX "audit_events_organization_id_related_sequence_idx" ON "audit_events"("organization_id", "related", "sequence");

CREATE INDEX "audit_events_organization_id_action_sequence_idx" ON "audit_events"("organization_id", "action", "sequence");

CREATE UNIQUE INDEX "audit_events_organization_id_id_key" ON "audit_events"("organization_id", "id");

ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Rows are only added.
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or deleted';
END
$$;

CREATE TRIGGER "audit_events_no_change" BEFORE UPDATE OR DELETE ON "audit_events"
FOR EACH ROW EXECUTE FUNCTION "refuse_audit_change"();

CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();
