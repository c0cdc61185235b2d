-- CreateIndex
CREATE INDEX "artifacts_created_at_idx" ON "artifacts"("created_at");
