import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Dialect } from '../../src/storage/db.ts';
import { breakingReason, type Migration, readMigrations } from '../../src/storage/migrations.ts';
import { openStorage, type StorageConfig } from '../../src/storage/open-storage.ts';
import { openPostgres } from '../../src/storage/postgres-database.ts';
import { openSqlite } from '../../src/storage/sqlite-database.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import { fingerprint } from '../../src/vaults/master-keys.ts';
import { describeOnEachDatabase, newOrganization, newPlace } from '../support/test-database.ts';
import { adapterFor, databaseFile, runSql, tableNames } from './place-sql.ts';
import { diagnose, schemaFor, sqlTowards } from './schema-engine.ts';

const OURS = readMigrations('sqlite').map((migration) => migration.name);

/** Opens a database with these migrations instead of the ones we ship. */
async function openWith(place: StorageConfig, migrations: Migration[]): Promise<void> {
  mkdirSync(place.dataDir, { recursive: true });
  const ignore = () => {};
  const hooks = { checkKeys: async () => undefined, onNewer: ignore };
  const database = place.databaseUrl
    ? await openPostgres(place.databaseUrl, ignore, hooks, migrations)
    : await openSqlite(place.dataDir, hooks, migrations);
  await database.close();
}

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

describe('the two dialects', () => {
  test('have the same migrations', () => {
    expect(readMigrations('postgresql').map((found) => found.name)).toEqual(OURS);
    expect(OURS.length).toBeGreaterThan(0);
  });

  test.each<Dialect>(['sqlite', 'postgresql'])('name the checksum as Prisma does: %s', (dialect) => {
    for (const { name, checksum } of readMigrations(dialect)) {
      const file = path.resolve(import.meta.dirname, '../../prisma/migrations', dialect, name, 'migration.sql');
      expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(checksum);
    }
  });
});

/** What an older version that runs beside this one would stumble over. */
const NOT_ADDING: [what: string, found: RegExp][] = [
  // An index less only costs time.
  ['drops, deletes or updates', /^\s*(DROP(?! INDEX)|DELETE|UPDATE|TRUNCATE)\b/im],
  ['renames or changes a column', /\bRENAME\b|\bALTER COLUMN\b|\bDROP (COLUMN|CONSTRAINT|DEFAULT)\b/i],
  ['adds a column that an older version does not fill', /\bADD COLUMN(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT NULL\b/i],
  ['hides rows from a session that does not say whose it wants', /\bENABLE ROW LEVEL SECURITY\b/i],
];

const BEFORE_THE_RULE = ['20261127100000_passkey_holders'];

function changesIn(sql: string): string[] {
  // Bodies of functions and triggers do their work later.
  const bare = sql.replace(/--.*$/gm, '').replace(/\$\$[\s\S]*?\$\$|\bBEGIN\b[\s\S]*?\bEND\b/g, '');
  return NOT_ADDING.filter(([, found]) => found.test(bare)).map(([what]) => what);
}

describe('a migration only adds, or says in its head that it breaks older versions', () => {
  const all = (['sqlite', 'postgresql'] as const).flatMap((dialect) =>
    readMigrations(dialect).map((found) => [dialect, found.name, found] as const),
  );

  test.each(all)('%s %s', (_dialect, name, found) => {
    if (breakingReason(found) === null && !BEFORE_THE_RULE.includes(name)) expect(changesIn(found.sql)).toEqual([]);
  });

  test.each([
    ['DROP TABLE runs;', 1],
    ['ALTER TABLE "runs" RENAME TO "jobs";', 1],
    ['ALTER TABLE "runs" ALTER COLUMN "url" SET NOT NULL;', 1],
    ['ALTER TABLE "runs" ADD COLUMN     "a" TEXT,\nADD COLUMN     "b" INTEGER NOT NULL;', 1],
    ['ALTER TABLE "runs" ADD COLUMN     "b" INTEGER NOT NULL DEFAULT 0;', 0],
    ['ALTER TABLE runs ENABLE ROW LEVEL SECURITY;', 1],
    ['UPDATE runs SET url = 1;', 1],
    ['CREATE TRIGGER t BEFORE UPDATE OR DELETE ON runs;', 0],
    ['CREATE TABLE a (b TEXT NOT NULL);', 0],
  ])('%j has %i such changes', (sql, count) => {
    expect(changesIn(sql)).toHaveLength(count);
  });
});

describeOnEachDatabase('migrations', (databases) => {
  const { dialect } = databases;

  test('a fresh database has exactly what schema.prisma says', async () => {
    const place = await databases.newPlace();
    await (await databases.open(place)).close();
    expect(await sqlTowards(schemaFor(dialect), adapterFor(place))).toBe('');
  });

  test.each([
    ['a column', 'name       String\n  created_at DateTime\n', 'name String\n  motto String?\n  created_at DateTime\n'],
    ['nullability', 'title           String\n', 'title String?\n'],
    ['an index', '@@index([status, created_at, id])', ''],
    [
      'a unique key',
      '@@unique([organization_id, id])\n  @@index([organization_id, created_at, id])\n  @@index([organization_id, credential_id, created_at, id])\n  @@index([status',
      '@@unique([organization_id, id, url])\n  @@unique([organization_id, id])\n  @@index([organization_id, created_at, id])\n  @@index([organization_id, credential_id, created_at, id])\n  @@index([status',
    ],
    ['a primary key', '@@id([organization_id, lease_key])', '@@id([organization_id, lease_key, run_id])'],
    ['a foreign key', 'references: [organization_id, id], onDelete: Cascade', 'references: [organization_id, id]'],
  ])('that comparison would notice %s', async (_what, from, to) => {
    const place = await databases.newPlace();
    await (await databases.open(place)).close();
    const schema = schemaFor(dialect);
    expect(schema).toContain(from);
    expect(await sqlTowards(schema.replace(from, to), adapterFor(place))).not.toBe('');
  });

  test('wait for a master key that opens what is stored: with another nothing is changed', async () => {
    const place = await databases.newPlace();
    const [first, ...later] = readMigrations(dialect);
    if (!first) throw new Error('There are no migrations');
    expect(later.length).toBeGreaterThan(0);
    await openWith(place, [first]);
    const { masterKeys, id } = { masterKeys: [randomBytes(32)], id: fingerprint(randomBytes(32)) };
    const now = dialect === 'sqlite' ? String(Date.now()) : 'now()';
    const key = dialect === 'sqlite' ? "x'00'" : "'\\x00'";
    await runSql(place, `INSERT INTO organizations (id, name, created_at) VALUES ('o_1', 'One', ${now})`);
    await runSql(
      place,
      `INSERT INTO data_keys (id, organization_id, master_key_id, wrapped, created_at) VALUES ('dk_1', 'o_1', '${id}', ${key}, ${now})`,
    );
    const state = async () => [await tableNames(place), await runSql(place, 'SELECT * FROM _prisma_migrations')];
    const before = await state();
    const checkKeys = (ids: readonly string[]) => DataKeys.check({ masterKeys, dataDir: place.dataDir }, ids);
    await expect(openStorage({ ...place, checkKeys })).rejects.toMatchObject({ code: 'bad_master_key' });
    expect(await state()).toEqual(before);
    const right = (ids: readonly string[]) => {
      expect(ids).toEqual([id]);
      return Promise.resolve();
    };
    await (await openStorage({ ...place, checkKeys: right })).close();
    expect(await state()).not.toEqual(before);
  });

  test('are applied once, and the Prisma CLI would agree', async () => {
    const place = await databases.newPlace();
    await (await databases.open(place)).close();
    const first = await runSql(place, 'SELECT * FROM _prisma_migrations');
    const storage = await databases.open(place);
    const organization = await newOrganization(storage);
    await storage.close();
    const again = await databases.open(place);
    expect(await again.database.forOrganization(organization.organizationId).organization.count()).toBe(1);
    await again.close();
    expect(await runSql(place, 'SELECT * FROM _prisma_migrations')).toEqual(first);
    expect(first.map((row) => row.migration_name)).toEqual(OURS);
    expect(first.map((row) => row.checksum)).toEqual(readMigrations(dialect).map((found) => found.checksum));
    expect(first[0]).toMatchObject({ applied_steps_count: 1, logs: null, rolled_back_at: null });
    expect(await diagnose(dialect, adapterFor(place), readMigrations(dialect))).toEqual({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
  });

  test('a newer Keyturn that only added is no hindrance, and is told of', async () => {
    const place = await databases.newPlace();
    const sql =
      'CREATE TABLE later (id INTEGER);\nALTER TABLE organizations ADD COLUMN motto TEXT;\nCREATE INDEX later_runs ON runs (url)';
    await openWith(place, [...readMigrations(dialect), migration('20990101000000_later', sql)]);
    const told: string[] = [];
    const storage = await databases.open({ ...place, onNewer: (names) => told.push(...names) });
    const organization = await newOrganization(storage);
    expect(await organization.organization.count()).toBe(1);
    expect(told).toEqual(['20990101000000_later']);
    expect(await tableNames(place)).toContain('later');
  });

  test('a newer Keyturn that changed what older ones need is refused', async () => {
    const place = await databases.newPlace();
    const sql = '-- breaking: runs have another name\nALTER TABLE runs RENAME TO jobs';
    const later = migration('20990101000000_later', sql);
    await openWith(place, [...readMigrations(dialect), later]);
    await expect(databases.open(place)).rejects.toMatchObject({
      code: 'database_newer',
      message: expect.stringContaining('breaking: runs have another name'),
    });
    expect(await tableNames(place)).toContain('jobs');
    await openWith(place, [...readMigrations(dialect), later]);
  });

  test('a database with tables that are not ours is refused and left alone', async () => {
    const place = await databases.newPlace();
    await runSql(place, 'CREATE TABLE customers (id INTEGER)');
    const before = place.databaseUrl ? null : readFileSync(databaseFile(place));
    await expect(databases.open(place)).rejects.toMatchObject({
      code: 'database_foreign',
      message: expect.stringContaining('customers'),
    });
    expect(await tableNames(place)).toEqual(['customers']);
    if (before) expect(readFileSync(databaseFile(place)).equals(before)).toBe(true);
  });

  test("another program's migrations are not taken for ours", async () => {
    const place = await databases.newPlace();
    await openWith(place, [migration('20200101000000_shop', 'CREATE TABLE customers (id INTEGER)')]);
    await expect(databases.open(place)).rejects.toMatchObject({ code: 'database_foreign' });
    expect(await tableNames(place)).toEqual(['_prisma_migrations', 'customers']);
  });

  test('a migration that was changed after it was applied is refused', async () => {
    const place = await databases.newPlace();
    await (await databases.open(place)).close();
    await runSql(place, `UPDATE _prisma_migrations SET checksum = 'other'`);
    await expect(databases.open(place)).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringContaining(OURS[0] ?? ''),
    });
  });

  test('a migration that fails leaves nothing of itself', async () => {
    const place = await databases.newPlace();
    await (await databases.open(place)).close();
    const before = await tableNames(place);
    const broken = migration(
      '20990101000000_broken',
      'CREATE TABLE half (id INTEGER);\nCREATE TABLE runs (id INTEGER);',
    );
    await expect(openWith(place, [...readMigrations(dialect), broken])).rejects.toThrow('runs');
    expect(await tableNames(place)).toEqual(before);
    await (await databases.open(place)).close();
  });

  test('a table rebuilt by a later migration keeps what points to it', async () => {
    const place = await databases.newPlace();
    const storage = await databases.open(place);
    const organization = await newOrganization(storage);
    await organization.lease.create({
      data: { organization_id: organization.organizationId, lease_key: 'k', run_id: 'wr_1', expires_at: new Date() },
    });
    await storage.close();
    const created = 'id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at DATETIME NOT NULL, motto TEXT';
    const rebuild = `PRAGMA foreign_keys=OFF;
CREATE TABLE "new_organizations" (${created});
INSERT INTO "new_organizations" (id, name, created_at) SELECT id, name, created_at FROM "organizations";
DROP TABLE "organizations";
ALTER TABLE "new_organizations" RENAME TO "organizations";
PRAGMA foreign_keys=ON;`;
    const sql = dialect === 'sqlite' ? rebuild : 'ALTER TABLE organizations ADD COLUMN motto TEXT';
    await openWith(place, [...readMigrations(dialect), migration('20990101000000_motto', sql)]);
    expect(await runSql(place, 'SELECT motto FROM organizations')).toEqual([{ motto: null }]);
    expect(await runSql(place, 'SELECT lease_key FROM leases')).toEqual([{ lease_key: 'k' }]);
  });

  // On SQLite the folder's lock lets only one start.
  if (dialect === 'sqlite') return;
  test('one that breaks older versions waits until the others are stopped', async () => {
    const place = await databases.newPlace();
    const running = await databases.open(place);
    await newOrganization(running);
    const sql = '-- breaking: runs have another name\nALTER TABLE runs RENAME TO jobs';
    const newer = [...readMigrations(dialect), migration('20990101000000_later', sql)];
    await expect(openWith(place, newer)).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringContaining('stop them first'),
    });
    expect(await tableNames(place)).toContain('runs');
    await running.close();
    await expect.poll(() => openWith(place, newer).then(() => 'applied', String)).toBe('applied');
    expect(await tableNames(place)).toContain('jobs');
  });

  test('starters at the same time take turns', async () => {
    const place = await databases.newPlace();
    const later = migration('20990101000000_later', 'CREATE TABLE later (id INTEGER)');
    await Promise.all(Array.from({ length: 6 }, () => openWith(place, [...readMigrations(dialect), later])));
    expect(await runSql(place, 'SELECT migration_name FROM _prisma_migrations')).toHaveLength(OURS.length + 1);
  });
});

test('a file that is no database is refused and left alone', async () => {
  const place = await newPlace('sqlite');
  onTestFinished(place.remove);
  mkdirSync(place.dataDir);
  writeFileSync(databaseFile(place), 'A letter, and quite a long one at that. '.repeat(100));
  const before = statSync(databaseFile(place));
  await expect(openStorage(place)).rejects.toMatchObject({ code: 'database_foreign' });
  expect(statSync(databaseFile(place)).mtimeMs).toBe(before.mtimeMs);
});
