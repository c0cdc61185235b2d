ALTER TABLE "credentials" ADD COLUMN "totp_url" TEXT;

ALTER TABLE "runs" ADD COLUMN "codes_from" DATETIME;

CREATE TABLE "codes" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "totp_identifier" TEXT NOT NULL,
    "identifier_key" TEXT NOT NULL,
    "otp_type" TEXT NOT NULL,
    "source" TEXT,
    "task_id" TEXT,
    "workflow_id" TEXT,
    "workflow_run_id" TEXT,
    "state" TEXT NOT NULL,
    "data_key_id" TEXT,
    "sealed" BLOB,
    "code_key" TEXT NOT NULL,
    "claimed_key" TEXT,
    "used_by_run_id" TEXT,
    "matched_by" TEXT,
    "waiting_runs" INTEGER,
    "created_at" DATETIME NOT NULL,
    "modified_at" DATETIME NOT NULL,
    "expired_at" DATETIME NOT NULL,
    CONSTRAINT "codes_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "code_waits" (
    "organization_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "identifier_key" TEXT,
    "otp_type" TEXT NOT NULL,
    "codes_from" DATETIME NOT NULL,
    "since" DATETIME NOT NULL,

    PRIMARY KEY ("organization_id", "run_id"),
    CONSTRAINT "code_waits_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "signing_secrets" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "last_four" TEXT NOT NULL,
    "data_key_id" TEXT NOT NULL,
    "sealed" BLOB NOT NULL,
    "created_at" DATETIME NOT NULL,
    "expires_at" DATETIME,
    CONSTRAINT "signing_secrets_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "codes_organization_id_created_at_id_idx" ON "codes"("organization_id", "created_at", "id");

CREATE INDEX "codes_organization_id_state_identifier_key_created_at_idx" ON "codes"("organization_id", "state", "identifier_key", "created_at");

CREATE INDEX "codes_organization_id_workflow_run_id_idx" ON "codes"("organization_id", "workflow_run_id");

CREATE INDEX "codes_state_expired_at_idx" ON "codes"("state", "expired_at");

CREATE INDEX "codes_created_at_idx" ON "codes"("created_at");

CREATE UNIQUE INDEX "codes_organization_id_id_key" ON "codes"("organization_id", "id");

CREATE UNIQUE INDEX "codes_organization_id_claimed_key_key" ON "codes"("organization_id", "claimed_key");

CREATE INDEX "code_waits_organization_id_identifier_key_since_idx" ON "code_waits"("organization_id", "identifier_key", "since");

CREATE UNIQUE INDEX "signing_secrets_organization_id_id_key" ON "signing_secrets"("organization_id", "id");
