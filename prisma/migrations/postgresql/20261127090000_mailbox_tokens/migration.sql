ALTER TABLE "credentials" ADD COLUMN     "mailbox_grant_key" TEXT;

CREATE TABLE "mailbox_tokens" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "grant_key" TEXT NOT NULL,
    "data_key_id" TEXT,
    "sealed" BYTEA,
    "access_expires_at" TIMESTAMP(3),
    "round" INTEGER NOT NULL DEFAULT 0,
    "trouble" TEXT,
    "trouble_final" BOOLEAN NOT NULL DEFAULT false,
    "holder" TEXT,
    "held_until" TIMESTAMP(3),
    "created_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "mailbox_tokens_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "mailbox_tokens_created_at_idx" ON "mailbox_tokens"("created_at");

CREATE INDEX "credentials_organization_id_mailbox_grant_key_idx" ON "credentials"("organization_id", "mailbox_grant_key");

ALTER TABLE "mailbox_tokens" ADD CONSTRAINT "mailbox_tokens_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE UNIQUE INDEX "mailbox_tokens_organization_id_id_key" ON "mailbox_tokens"("organization_id", "id");

CREATE UNIQUE INDEX "mailbox_tokens_organization_id_grant_key_key" ON "mailbox_tokens"("organization_id", "grant_key");

-- As for everything that is sealed: nothing comes late under a key that was destroyed.
CREATE TRIGGER "mailbox_tokens_data_key" BEFORE INSERT OR UPDATE OF "data_key_id" ON "mailbox_tokens"
FOR EACH ROW WHEN (NEW."data_key_id" IS NOT NULL) EXECUTE FUNCTION "refuse_destroyed_data_key"('data_key_id');
