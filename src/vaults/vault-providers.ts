import type { VaultProvider } from './vault-provider.ts';

/** The vaults organizations can configure, besides the built-in one. */
export const VAULT_PROVIDERS: readonly VaultProvider[] = [];
