ALTER TABLE "runs" ADD COLUMN "trace_context" TEXT;
