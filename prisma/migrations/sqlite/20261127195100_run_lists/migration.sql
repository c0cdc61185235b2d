CREATE INDEX "runs_organization_id_credential_id_created_at_id_idx" ON "runs"("organization_id", "credential_id", "created_at", "id");

CREATE INDEX "runs_status_created_at_id_idx" ON "runs"("status", "created_at", "id");

DROP INDEX "runs_organization_id_credential_id_idx";

DROP INDEX "runs_status_created_at_idx";
