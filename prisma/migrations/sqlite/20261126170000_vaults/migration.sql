ALTER TABLE "organizations" ADD COLUMN "default_vault_type" TEXT;

CREATE TABLE "vault_configs" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "vault_type" TEXT NOT NULL,
    "valid_type" TEXT,
    "metadata" JSONB NOT NULL,
    "last_four" TEXT NOT NULL,
    "data_key_id" TEXT NOT NULL,
    "sealed" BLOB NOT NULL,
    "created_at" DATETIME NOT NULL,
    "modified_at" DATETIME NOT NULL,
    CONSTRAINT "vault_configs_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "vault_writes" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "credential_id" TEXT NOT NULL,
    "vault_type" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "item_id" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "next_at" DATETIME NOT NULL,
    "created_at" DATETIME NOT NULL,
    CONSTRAINT "vault_writes_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

ALTER TABLE "credentials" ADD COLUMN "vault_item_owned" BOOLEAN NOT NULL DEFAULT true;

CREATE INDEX "vault_configs_organization_id_vault_type_created_at_idx" ON "vault_configs"("organization_id", "vault_type", "created_at");

CREATE UNIQUE INDEX "vault_configs_organization_id_id_key" ON "vault_configs"("organization_id", "id");

CREATE UNIQUE INDEX "vault_configs_organization_id_valid_type_key" ON "vault_configs"("organization_id", "valid_type");

CREATE INDEX "vault_writes_next_at_idx" ON "vault_writes"("next_at");

CREATE INDEX "vault_writes_organization_id_vault_type_idx" ON "vault_writes"("organization_id", "vault_type");

CREATE UNIQUE INDEX "vault_writes_organization_id_id_key" ON "vault_writes"("organization_id", "id");
