ALTER TABLE "vault_writes" ADD COLUMN     "vault_config_id" TEXT;
