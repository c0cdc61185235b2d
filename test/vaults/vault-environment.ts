import { pino } from 'pino';
import type { GuardedClient } from '../../src/egress/guarded-client.ts';
import { BackgroundWork } from '../../src/vaults/background-work.ts';
import type { VaultEnvironment } from '../../src/vaults/vault-provider.ts';

/** What a vault is built from, with a client of the test's own and a silent log. */
export function vaultEnvironment(client: GuardedClient, over: Partial<VaultEnvironment> = {}): VaultEnvironment {
  return {
    client,
    log: pino({ level: 'silent' }),
    background: new BackgroundWork(),
    azureVaultUrl: null,
    recordRead: () => Promise.resolve(),
    ...over,
  };
}
