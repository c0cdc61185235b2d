ALTER TABLE "organizations" ADD COLUMN "audit_sequence" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "organizations" ADD COLUMN "audit_hash" TEXT NOT NULL DEFAULT '';

CREATE TABLE "audit_events" (
    "organization_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "id" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT,
    "related" TEXT,
    "result" TEXT NOT NULL,
    "error_code" TEXT,
    "details" JSONB NOT NULL,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    PRIMARY KEY ("organization_id", "sequence"),
    CONSTRAINT "audit_events_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "audit_events_organization_id_subject_sequence_idx" ON "audit_events"("organization_id", "subject", "sequence");

CREATE INDEX "audit_events_organization_id_related_sequence_idx" ON "audit_events"("organization_id", "related", "sequence");

CREATE INDEX "audit_events_organization_id_action_sequence_idx" ON "audit_events"("organization_id", "action", "sequence");

CREATE UNIQUE INDEX "audit_events_organization_id_id_key" ON "audit_events"("organization_id", "id");

-- Rows are only added.
CREATE TRIGGER "audit_events_no_update" BEFORE UPDATE ON "audit_events"
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;

CREATE TRIGGER "audit_events_no_delete" BEFORE DELETE ON "audit_events"
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;
