import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeEach, expect, inject, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import type { Dialect, OrganizationDb, Storage } from '../../src/storage/db.ts';
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts';
import { describeWith } from './skip.ts';

/** A temporary data folder and, on PostgreSQL, an empty database, of their own. */
export interface Place extends StorageConfig {
  /** Drops the database and the folder. */
  remove(): Promise<void>;
}

/** Holds the databases: a role like any other, so that row-level security counts. A superuser's tests would not see it. */
const OWNER = 'keyturn_tests';
const MAKE_OWNER = `DO $$ BEGIN
  CREATE ROLE ${OWNER} LOGIN PASSWORD '${OWNER}';
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$`;

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export async function newPlace(dialect: Dialect): Promise<Place> {
  const folder = mkdtempSync(path.join(tmpdir(), 'storage-'));
  const dataDir = path.join(folder, 'data');
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  if (dialect === 'sqlite') return { dataDir, databaseUrl: null, remove: async () => removeFolder() };
  const name = `keyturn_${randomBytes(6).toString('hex')}`;
  await onServer(MAKE_OWNER);
  await onServer(`CREATE DATABASE ${name} OWNER ${OWNER}`);
  const url = new URL(inject('postgresUrl'));
  url.username = OWNER;
  url.password = OWNER;
  url.pathname = `/${name}`;
  return {
    dataDir,
    databaseUrl: url.href,
    remove: async () => {
      removeFolder();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export interface TestDatabases {
  readonly dialect: Dialect;
  /** What has little to do with the database is tried here too: on the first one, on each in `npm run test:thorough`. */
  readonly isWhole: boolean;
  /** Removed after the test, or after the file when it was asked for in beforeAll. */
  newPlace(): Promise<Place>;
  /** A storage in a new place, or in a given one. Closed by itself, with an error that happened in its background shown. */
  open(place?: StorageConfig): Promise<Storage>;
  /**
   * A test of what has little to do with the database, but needs what the file has started: on the first database
   * alone, on each in `npm run test:thorough`.
   */
  testOnce(name: string, run: () => Promise<void>, timeout?: number): void;
  /** Likewise the rows of a table: all of them, and on another than the first database only the first. */
  rowsOnce<Row>(rows: readonly Row[]): Row[];
}

/** A new organization with everything scoped to it. */
export async function newOrganization(storage: Storage): Promise<OrganizationDb> {
  const id = newId('organization');
  await storage.database
    .asSystem('setup')
    .organization.create({ data: { id, name: `Organization ${id}`, created_at: new Date() } });
  return storage.database.forOrganization(id);
}

/** What was opened last is closed first. */
class Cleanups {
  #list: (() => Promise<void>)[] = [];

  add(cleanup: () => Promise<void>): void {
    this.#list.push(cleanup);
  }

  get size(): number {
    return this.#list.length;
  }

  async runDownTo(size: number): Promise<void> {
    while (this.#list.length > size) await this.#list.pop()?.();
  }
}

function onDatabase(dialect: Dialect, tests: (databases: TestDatabases) => void): void {
  const isWhole = dialect === 'sqlite' || inject('thorough');
  const cleanups = new Cleanups();
  const errors: unknown[] = [];
  let beforeTest = 0;
  beforeEach(() => {
    beforeTest = cleanups.size;
  });
  afterEach(() => cleanups.runDownTo(beforeTest));
  afterAll(async () => {
    await cleanups.runDownTo(0);
    expect(errors).toEqual([]);
  });
  const place = async () => {
    const made = await newPlace(dialect);
    cleanups.add(made.remove);
    return made;
  };
  tests({
    dialect,
    isWhole,
    newPlace: place,
    async open(given) {
      const storage = await openStorage(given ?? (await place()), (error) => errors.push(error));
      cleanups.add(storage.close);
      return storage;
    },
    testOnce(name, run, timeout) {
      if (isWhole) test(name, run, timeout);
    },
    rowsOnce: (rows) => rows.slice(0, isWhole ? undefined : 1),
  });
}

/**
 * The same tests on the embedded database and on PostgreSQL; without a server the second half is skipped and said so.
 * Use: `describeOnEachDatabase('leases', (databases) => { test('…', async () => { const storage = await databases.open(); … }) })`.
 */
export function describeOnEachDatabase(name: string, tests: (databases: TestDatabases) => void): void {
  const each: [Dialect, string, boolean][] = [
    ['sqlite', 'SQLite', true],
    ['postgresql', 'PostgreSQL', inject('postgresUrl') !== ''],
  ];
  for (const [dialect, label, available] of each) {
    describeWith({ name: label, available }, `${name} on ${label}`, () => onDatabase(dialect, tests));
  }
}
