-- AlterTable
ALTER TABLE "runs" ADD COLUMN     "origin" TEXT;

-- CreateTable
CREATE TABLE "site_starts" (
    "site_key" TEXT NOT NULL,
    "place" INTEGER NOT NULL,
    "free_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "site_starts_pkey" PRIMARY KEY ("site_key","place")
);

-- CreateIndex
CREATE INDEX "site_starts_free_at_idx" ON "site_starts"("free_at");

-- CreateIndex
CREATE INDEX "runs_status_organization_id_created_at_id_idx" ON "runs"("status", "organization_id", "created_at", "id");
