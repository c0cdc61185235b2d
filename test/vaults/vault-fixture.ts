import { inject } from 'vitest';
import type { CredentialServices } from '../../src/credentials/credential-store.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import { Scrubber } from '../../src/scrub.ts';
import type { Database, Dialect, OrganizationDb, OrganizationModels } from '../../src/storage/db.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { DataKeys, type Sealer } from '../../src/vaults/data-keys.ts';
import { LocalVault } from '../../src/vaults/local-vault.ts';
import { openVaults } from '../../src/vaults/open-vaults.ts';
import type { SecretStore } from '../../src/vaults/secret-store.ts';
import type { CredentialSecret } from '../../src/vaults/vault.ts';
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
  readonly vault: ReturnType<typeof localItems>;
  readonly services: CredentialServices;
  /** Brings the vaults and the database together. */
  sweepVaults(now: Date): Promise<void>;
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
  const { client, secrets, sweep, close } = vaultsOn(database, dataKeys);
  return {
    database,
    dataDir,
    dataKeys,
    vault: localItems(dataKeys),
    services: { secrets, profiles: new ProfileStore(dataKeys), dataKeys },
    sweepVaults: sweep,
    organization: () => createOrganization(database, dataKeys),
    reload: (keys = masterKeys) => DataKeys.load({ masterKeys: keys, dataDir }, database),
    async close() {
      await close();
      await client.close();
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

function vaultsOn(database: Database, sealer: Sealer) {
  const client = new GuardedClient(['127.0.0.0/8']);
  const scrubber = new Scrubber();
  const log = createLogger({ level: 'silent', scrubber });
  const config = { vault: 'local', azureVaultUrl: null } as const;
  return { client, ...openVaults({ config, sealer, client, log, scrubber, database }, () => undefined) };
}

/** A store of secrets for tests that use the built-in vault alone: it holds nothing that would have to be closed. */
export function localSecrets(database: Database, sealer: Sealer): SecretStore {
  return vaultsOn(database, sealer).secrets;
}

/** The built-in vault as tests use it: with any database, and an update as the store of secrets makes it. */
export function localItems(sealer: Sealer) {
  const create = (db: OrganizationModels, credentialId: string, secret: CredentialSecret): Promise<string> => {
    const key = { credentialId, writeId: newId('vaultWrite') };
    const codes = { totp_type: 'none', totp_identifier: null };
    return new LocalVault(sealer, db).create({ key, name: 'test', secret, codes, origins: [] });
  };
  return {
    create,
    read: async (db: OrganizationModels, credentialId: string, itemId: string): Promise<CredentialSecret> =>
      (await new LocalVault(sealer, db).read(credentialId, itemId)).secret,
    delete: (db: OrganizationModels, credentialId: string, itemId: string): Promise<void> =>
      new LocalVault(sealer, db).delete(credentialId, itemId),
    async update(
      db: OrganizationModels,
      credentialId: string,
      itemId: string,
      secret: CredentialSecret,
    ): Promise<string> {
      const id = await create(db, credentialId, secret);
      await new LocalVault(sealer, db).delete(credentialId, itemId);
      return id;
    },
  };
}
