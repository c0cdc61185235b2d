import { randomUUID } from 'node:crypto';
import {
  APPLIED_COLUMNS,
  type AppliedMigration,
  breakingReason,
  type DatabaseState,
  MASTER_KEY_IDS,
  type Migration,
  type MigrationHooks,
  pendingMigrations,
  unknownMigrations,
} from './migrations.ts';
import type { Adapter } from './one-connection.ts';

/** Prisma's own table, column by column: its CLI can read what we wrote. */
const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

async function select(adapter: Adapter, sql: string): Promise<Record<string, unknown>[]> {
  const { columnNames, rows } = await adapter.queryRaw({ sql, args: [], argTypes: [] });
  return rows.map((row) => Object.fromEntries(columnNames.map((name, index) => [name, row[index]])));
}

async function readState(adapter: Adapter): Promise<DatabaseState> {
  const rows = await select(
    adapter,
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  );
  const tables = rows.map((row) => String(row.name));
  const applied = tables.includes('_prisma_migrations')
    ? await select(adapter, `SELECT ${APPLIED_COLUMNS} FROM _prisma_migrations`)
    : null;
  return {
    applied: applied as AppliedMigration[] | null,
    tables: tables.filter((name) => name !== '_prisma_migrations'),
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Brings the embedded database to this version's tables, each migration in a transaction of its own (the driver rolls
 * a failed script back). The caller holds the folder's lock. Throws what `pendingMigrations` and `checkKeys` throw, with
 * nothing changed.
 */
export async function migrateSqlite(
  adapter: Adapter,
  migrations: readonly Migration[],
  where: string,
  { checkKeys, onNewer }: MigrationHooks,
): Promise<void> {
  const state = await readState(adapter);
  const pending = pendingMigrations(state, migrations, where);
  const unknown = unknownMigrations(state, migrations).map((row) => row.migration_name);
  if (unknown.length > 0) onNewer(unknown);
  if (pending.length === 0) return;
  if (state.tables.includes('data_keys')) {
    await checkKeys((await select(adapter, MASTER_KEY_IDS)).map((row) => String(row.master_key_id)));
  }
  // Prisma's SQL for a changed table drops the old one: with foreign keys on, that would delete what points to it, and
  // they cannot be switched off inside a transaction.
  await adapter.executeScript('PRAGMA foreign_keys = OFF');
  for (const { name, checksum, sql } of pending) {
    const now = Date.now();
    const reason = breakingReason({ sql });
    await adapter.executeScript(`BEGIN IMMEDIATE;
${HISTORY_TABLE};
${sql}
;INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count, logs)
VALUES (${quoted(randomUUID())}, ${quoted(checksum)}, ${now}, ${quoted(name)}, ${now}, 1, ${reason === null ? 'NULL' : quoted(reason)});
COMMIT`);
  }
  await adapter.executeScript('PRAGMA foreign_keys = ON');
}
