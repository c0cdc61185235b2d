ALTER TABLE "codes" ADD COLUMN "message_key" TEXT;
ALTER TABLE "codes" ADD COLUMN "sender_verdict" TEXT;

CREATE TABLE "sms_webhooks" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organization_id" TEXT NOT NULL,
    "base_url" TEXT NOT NULL,
    "data_key_id" TEXT NOT NULL,
    "sealed" BLOB NOT NULL,
    "created_at" DATETIME NOT NULL,
    CONSTRAINT "sms_webhooks_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "sms_webhooks_organization_id_id_key" ON "sms_webhooks"("organization_id", "id");

CREATE UNIQUE INDEX "codes_organization_id_message_key_key" ON "codes"("organization_id", "message_key");
