import { azureProvider } from './azure-vault.ts';
import { bitwardenProvider } from './bitwarden-vault.ts';
import { customProvider } from './custom-vault.ts';
import { hashicorpProvider } from './hashicorp-vault.ts';
import { keepassProvider } from './keepass-vault.ts';
import { onepasswordProvider } from './onepassword-vault.ts';
import type { VaultProvider } from './vault-provider.ts';

/** Every kind of vault that organizations configure, besides the built-in one. */
export const VAULT_PROVIDERS: readonly VaultProvider[] = [
  azureProvider,
  bitwardenProvider,
  customProvider,
  hashicorpProvider,
  keepassProvider,
  onepasswordProvider,
];
