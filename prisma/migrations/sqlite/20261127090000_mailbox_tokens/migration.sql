ALTER TABLE "credentials" ADD COLUMN "mailbox_grant_key" TEXT;

CREATE TABLE "mailbox_tokens" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "grant_key" TEXT NOT NULL,
    "data_key_id" TEXT,
    "sealed" BLOB,
    "access_expires_at" DATETIME,
    "round" INTEGER NOT NULL DEFAULT 0,
    "trouble" TEXT,
    "trouble_final" BOOLEAN NOT NULL DEFAULT false,
    "holder" TEXT,
    "held_until" DATETIME,
    "created_at" DATETIME NOT NULL,
    CONSTRAINT "mailbox_tokens_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "mailbox_tokens_created_at_idx" ON "mailbox_tokens"("created_at");

CREATE INDEX "credentials_organization_id_mailbox_grant_key_idx" ON "credentials"("organization_id", "mailbox_grant_key");

CREATE UNIQUE INDEX "mailbox_tokens_organization_id_id_key" ON "mailbox_tokens"("organization_id", "id");

CREATE UNIQUE INDEX "mailbox_tokens_organization_id_grant_key_key" ON "mailbox_tokens"("organization_id", "grant_key");

-- As for everything that is sealed: nothing comes late under a key that was destroyed.
CREATE TRIGGER "mailbox_tokens_data_key_insert" BEFORE INSERT ON "mailbox_tokens"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;

CREATE TRIGGER "mailbox_tokens_data_key_update" BEFORE UPDATE OF "data_key_id" ON "mailbox_tokens"
WHEN EXISTS (SELECT 1 FROM "data_keys" WHERE "id" = NEW."data_key_id" AND "destroyed_at" IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the data key was destroyed');
END;
