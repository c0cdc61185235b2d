import { inject } from 'vitest';
import type { CredentialServices } from '../../src/credentials/credential-store.ts';
import { newId } from '../../src/ids.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import type { Database, Dialect, OrganizationDb } from '../../src/storage/db.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import { LocalVault } from '../../src/vaults/local-vault.ts';
import { VaultRegistry } from '../../src/vaults/vault-registry.ts';
import type { Counterpart } from '../support/skip.ts';
import { newPlace } from '../support/test-database.ts';

/** The databases stores are tested on. */
export const DIALECTS: { dialect: Dialect; counterpart: Counterpart }[] = [
  { dialect: 'sqlite', counterpart: { name: 'nothing', available: true } },
  { dialect: 'postgresql', counterpart: { name: 'PostgreSQL', available: inject('postgresUrl') !== '' } },
];

/** A data folder and database of its own, and what is built on them. */
export interface VaultFixture {
  readonly database: Database;
  readonly dataDir: string;
  readonly dataKeys: DataKeys;
  readonly vault: LocalVault;
  readonly services: CredentialServices;
  organization(): Promise<OrganizationDb>;
  /** Starts over on the same data, as a restart does. */
  reload(masterKeys?: Buffer[]): Promise<DataKeys>;
  close(): Promise<void>;
}

export async function openFixture(dialect: Dialect, masterKeys: Buffer[] = []): Promise<VaultFixture> {
  const place = await newPlace(dialect);
  const { dataDir } = place;
  const storage = await openStorage(place);
  const { database } = storage;
  const dataKeys = await DataKeys.load({ masterKeys, dataDir }, database);
  const vault = new LocalVault(dataKeys);
  return {
    database,
    dataDir,
    dataKeys,
    vault,
    services: { vaults: new VaultRegistry([vault], 'local'), profiles: new ProfileStore(dataKeys), dataKeys },
    organization: () => createOrganization(database, dataKeys),
    reload: (keys = masterKeys) => DataKeys.load({ masterKeys: keys, dataDir }, database),
    async close() {
      await storage.close();
      await place.remove();
    },
  };
}

export async function createOrganization(database: Database, dataKeys: DataKeys): Promise<OrganizationDb> {
  const id = newId('organization');
  await dataKeys.create(id, (key) =>
    database.asSystem('setup').transaction(async (tx) => {
      await tx.organization.create({ data: { id, name: 'Test', created_at: new Date() } });
      await tx.dataKey.create({ data: key });
    }),
  );
  return database.forOrganization(id);
}
