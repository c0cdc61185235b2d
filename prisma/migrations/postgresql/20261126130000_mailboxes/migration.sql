ALTER TABLE "codes" ADD COLUMN     "message_key" TEXT,
ADD COLUMN     "sender_verdict" TEXT;

CREATE TABLE "sms_webhooks" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "base_url" TEXT NOT NULL,
    "data_key_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "sms_webhooks_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "sms_webhooks_organization_id_id_key" ON "sms_webhooks"("organization_id", "id");

CREATE UNIQUE INDEX "codes_organization_id_message_key_key" ON "codes"("organization_id", "message_key");

ALTER TABLE "sms_webhooks" ADD CONSTRAINT "sms_webhooks_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
