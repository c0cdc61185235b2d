import { bitwardenProvider } from './bitwarden-vault.ts';
import { customProvider } from './custom-vault.ts';
import type { VaultProvider } from './vault-provider.ts';

/** Every kind of vault that organizations configure. */
export const VAULT_PROVIDERS: readonly VaultProvider[] = [bitwardenProvider, customProvider];
