import type { GuardedClient } from '../../src/egress/guarded-client.ts';
import { createLogger } from '../../src/log.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import { Scrubber } from '../../src/scrub.ts';
import type { Database } from '../../src/storage/db.ts';
import type { DataKeys } from '../../src/vaults/data-keys.ts';
import { openVaults } from '../../src/vaults/open-vaults.ts';

/** What stores credentials needs, with the real vaults behind it. `wake` is told when there is something to sweep. */
export function orderServices(
  { database, dataKeys, client }: { database: Database; dataKeys: DataKeys; client: GuardedClient },
  wake: () => void = () => undefined,
) {
  const scrubber = new Scrubber();
  const log = createLogger({ level: 'silent', scrubber });
  const config = { vault: 'local', azureVaultUrl: null } as const;
  const { secrets, sweep, close } = openVaults({ config, sealer: dataKeys, client, log, scrubber, database }, wake);
  return { services: { secrets, profiles: new ProfileStore(dataKeys), dataKeys }, sweep, close };
}
