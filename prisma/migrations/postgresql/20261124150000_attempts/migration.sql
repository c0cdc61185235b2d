-- AlterTable
ALTER TABLE "runs" ADD COLUMN     "force" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "attempts" (
    "organization_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "credential_id" TEXT NOT NULL,
    "account_key" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "start_origin" TEXT NOT NULL,
    "secret_key" TEXT,
    "submitted_at" TIMESTAMP(3) NOT NULL,
    "judged_at" TIMESTAMP(3),
    "outcome" TEXT,
    "verdict" TEXT NOT NULL,
    "details" JSONB,
    "site_message" TEXT,
    "cooldown_until" TIMESTAMP(3),

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateIndex
CREATE INDEX "attempts_organization_id_account_key_submitted_at_idx" ON "attempts"("organization_id", "account_key", "submitted_at");

-- CreateIndex
CREATE INDEX "attempts_organization_id_run_id_idx" ON "attempts"("organization_id", "run_id");

-- CreateIndex
CREATE INDEX "attempts_submitted_at_idx" ON "attempts"("submitted_at");

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
