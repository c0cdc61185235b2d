CREATE TABLE "passkey_counters" (
    "organization_id" TEXT NOT NULL,
    "passkey_key" TEXT NOT NULL,
    "sign_count" INTEGER NOT NULL,
    "modified_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "passkey_counters_pkey" PRIMARY KEY ("organization_id","passkey_key")
);

ALTER TABLE "passkey_counters" ADD CONSTRAINT "passkey_counters_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
