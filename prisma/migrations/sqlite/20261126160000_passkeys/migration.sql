CREATE TABLE "passkey_counters" (
    "organization_id" TEXT NOT NULL,
    "passkey_key" TEXT NOT NULL,
    "sign_count" INTEGER NOT NULL,
    "modified_at" DATETIME NOT NULL,

    PRIMARY KEY ("organization_id", "passkey_key"),
    CONSTRAINT "passkey_counters_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
