import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { KeyturnError } from '../errors.ts';
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
import { APPLICATION_NAME, connectionOptions, describeServer, explainConnectionError } from './postgres-address.ts';
import { EVERYWHERE } from './row-scope.ts';

/** Prisma's own table, column by column: its CLI can read what we wrote. */
const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)`;

/** The key Prisma's own CLI locks with, so that it and we do not migrate at once. */
const MIGRATION_LOCK = 72_707_369;

/** Tables in `public` that belong to no extension (PostGIS puts its own there). pg-boss has a schema of its own. */
const TABLES = `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  ORDER BY c.relname`;

async function readState(client: Client): Promise<DatabaseState> {
  const { rows } = await client.query<{ name: string }>(TABLES);
  const tables = rows.map((row) => row.name);
  const applied = tables.includes('_prisma_migrations')
    ? (await client.query<AppliedMigration>(`SELECT ${APPLIED_COLUMNS} FROM _prisma_migrations`)).rows
    : null;
  return { applied, tables: tables.filter((name) => name !== '_prisma_migrations') };
}

/** What every process of ours is called while it works on the database, of whatever version. */
const OTHERS = `SELECT count(*)::int AS others FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = '${APPLICATION_NAME}'`;

/** Processes of an older version would go on with tables that are not theirs any more. */
async function refuseBesideOthers(client: Client, migration: Migration, where: string): Promise<void> {
  const { rows } = await client.query<{ others: number }>(OTHERS);
  if (!rows[0]?.others) return;
  throw new KeyturnError('bad_configuration', {
    detail: `Older versions cannot live with the migration ${migration.name} (${breakingReason(migration)}), and other processes work on the database ${where}: stop them first. Nothing was changed.`,
  });
}

/** Applies the oldest pending migration, if any. True when there may be more. */
async function applyNext(
  client: Client,
  migrations: readonly Migration[],
  where: string,
  { checkKeys, onNewer }: MigrationHooks,
): Promise<boolean> {
  await client.query('BEGIN');
  try {
    // Held until the transaction ends, so it also works behind a pooler; whoever waits looks again afterwards.
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('SET LOCAL search_path TO public');
    // Migrations, and the look at the keys before them, are about the rows of every organization.
    await client.query("SELECT set_config('keyturn.organization_id', $1, true)", [EVERYWHERE]);
    const state = await readState(client);
    const [next, ...more] = pendingMigrations(state, migrations, where);
    if (next) {
      if (breakingReason(next)) await refuseBesideOthers(client, next, where);
      if (state.tables.includes('data_keys')) {
        const { rows } = await client.query<{ master_key_id: string }>(MASTER_KEY_IDS);
        await checkKeys(rows.map((row) => row.master_key_id));
      }
      await client.query(HISTORY_TABLE);
      await client.query(next.sql);
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count, logs)
         VALUES ($1, $2, clock_timestamp(), $3, 1, $4)`,
        [randomUUID(), next.checksum, next.name, breakingReason(next)],
      );
    }
    await client.query('COMMIT');
    const unknown = unknownMigrations(state, migrations).map((row) => row.migration_name);
    if (more.length === 0 && unknown.length > 0) onNewer(unknown);
    return more.length > 0;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

function explainRefusal(error: unknown, where: string): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === INSUFFICIENT_PRIVILEGE)) return error;
  return new KeyturnError('bad_configuration', {
    detail: `The user of DATABASE_URL may not make tables in the database ${where} (${error.message}); make it the owner.`,
    cause: error,
  });
}

/**
 * Brings the database to this version's tables, each migration in a transaction of its own; several starters at once
 * take turns. Throws `database_unreachable`, `bad_configuration`, and what `pendingMigrations` and
 * `checkKeys` throw.
 */
export async function migratePostgres(
  databaseUrl: string,
  migrations: readonly Migration[],
  hooks: MigrationHooks,
): Promise<void> {
  const client = new Client(connectionOptions(databaseUrl));
  // A connection that breaks also fails the query in flight; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw explainConnectionError(error, databaseUrl);
  }
  const where = `${new URL(databaseUrl).pathname.slice(1)} at ${describeServer(databaseUrl)}`;
  try {
    while (await applyNext(client, migrations, where, hooks));
  } catch (error) {
    throw explainRefusal(error, where);
  } finally {
    await client.end().catch(() => {});
  }
}
