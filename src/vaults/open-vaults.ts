import type { Config } from '../config.ts';
import type { GuardedClient } from '../egress/guarded-client.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Scrubber } from '../scrub.ts';
import type { Database } from '../storage/db.ts';
import { BackgroundWork } from './background-work.ts';
import type { Sealer } from './data-keys.ts';
import { SecretStore } from './secret-store.ts';
import { VAULT_PROVIDERS } from './vault-providers.ts';
import { VaultRegistry } from './vault-registry.ts';
import { sweepVaultWrites } from './vault-writes.ts';

/** The vaults wired: where secrets are stored, and what brings them and the database together. */
export interface OpenVaults {
  secrets: SecretStore;
  sweep(now: Date): Promise<void>;
  /** Calls off what goes on in the background, a sweep too, and waits for it; for a sweep its caller waits. */
  close(): Promise<void>;
}

/** `wake` is told when a sweep has something to do at once. */
export function openVaults(
  deps: {
    config: Pick<Config, 'vault' | 'azureVaultUrl'>;
    sealer: Sealer;
    client: GuardedClient;
    log: Logger;
    scrubber: Scrubber;
    database: Database;
    /** Where uses are counted; nowhere when left out. */
    metrics?: Pick<Metrics, 'vaultUsed'>;
  },
  wake: () => void,
): OpenVaults {
  const { config, sealer, client, log, scrubber, database, metrics } = deps;
  const background = new BackgroundWork();
  const vaults = new VaultRegistry({
    sealer,
    scrubber,
    providers: VAULT_PROVIDERS,
    environment: { client, log, background, azureVaultUrl: config.azureVaultUrl },
    defaultType: config.vault,
    onUse: (type, seconds, failure) => metrics?.vaultUsed(type, seconds, failure),
  });
  return {
    secrets: new SecretStore(vaults, wake),
    sweep: (now) => sweepVaultWrites({ database, vaults, log, closing: background.closing }, now),
    close: () => background.close(),
  };
}
