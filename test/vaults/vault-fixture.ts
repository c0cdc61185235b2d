import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import { newId } from '../../src/ids.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import type { Database, OrganizationDb } from '../../src/storage/db.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import { LocalVault } from '../../src/vaults/local-vault.ts';
import { VaultRegistry } from '../../src/vaults/vault-registry.ts';
import type { Counterpart } from '../support/skip.ts';

export type Dialect = 'sqlite' | 'postgresql';

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
  readonly services: { vaults: VaultRegistry; profiles: ProfileStore };
  organization(): Promise<OrganizationDb>;
  /** Starts over on the same data, as a restart does. */
  reload(masterKeys?: Buffer[]): Promise<DataKeys>;
  close(): Promise<void>;
}

async function createPostgres(): Promise<string> {
  const url = new URL(inject('postgresUrl'));
  const name = `t_${newId('organization').slice(2)}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`).finally(() => client.end());
  url.pathname = `/${name}`;
  return url.href;
}

export async function openFixture(dialect: Dialect, masterKeys: Buffer[] = []): Promise<VaultFixture> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'keyturn-vault-'));
  const databaseUrl = dialect === 'postgresql' ? await createPostgres() : null;
  const storage = await openStorage({ dataDir, databaseUrl });
  const { database } = storage;
  const dataKeys = await DataKeys.load({ masterKeys, dataDir }, database);
  const vault = new LocalVault(dataKeys);
  return {
    database,
    dataDir,
    dataKeys,
    vault,
    services: { vaults: new VaultRegistry([vault], 'local'), profiles: new ProfileStore(dataKeys) },
    organization: () => createOrganization(database, dataKeys),
    reload: (keys = masterKeys) => DataKeys.load({ masterKeys: keys, dataDir }, database),
    async close() {
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
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
