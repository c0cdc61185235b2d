import { PrismaPg } from '@prisma/adapter-pg';
import { KeyturnError } from '../errors.ts';
import type { Database } from './db.ts';
import { PrismaClient } from './generated/postgresql/client.ts';
import type { PrismaClient as SqlitePrismaClient } from './generated/sqlite/client.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { type MigrationHooks, readMigrations } from './migrations.ts';
import { APPLICATION_NAME, answerTimeout, connectionOptions, explainConnectionError } from './postgres-address.ts';
import { EVERYWHERE, RowScopedPool, withRowsOf } from './row-scope.ts';
import { createDatabase } from './scoped-database.ts';
import { TRANSACTION_LIMITS } from './transaction-limits.ts';

const MAX_CONNECTIONS = 10;

/** Any number that nobody else locks in our database. */
const ALONE_LOCK = 72_707_370;
/** Milliseconds: the work is short, and several processes may queue for it. */
const ALONE_LIMITS = { maxWait: 60_000, timeout: 60_000 };

/** Rejects when the work has not ended after as many milliseconds. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timeout')), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Superusers are held to no policy, nor is who has BYPASSRLS. */
async function readRowSecurity(client: PrismaClient): Promise<Database['rowSecurity']> {
  const rows = await client.$queryRaw<{ bypasses: boolean }[]>`
    SELECT rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = current_user`;
  return rows[0]?.bypasses === false ? 'enforced' : 'bypassed';
}

/** The server's: those of the machines that use it may differ. */
async function readClock(client: PrismaClient): Promise<Date> {
  const rows = await client.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  if (!rows[0]) throw new KeyturnError('internal', { detail: 'The database did not say what time it is.' });
  return rows[0].now;
}

/** Opens, and first brings up to date, a PostgreSQL database. */
export async function openPostgres(
  databaseUrl: string,
  onError: (error: unknown) => void,
  hooks: MigrationHooks,
  migrations = readMigrations('postgresql'),
): Promise<Database> {
  await migratePostgres(databaseUrl, migrations, hooks);
  const onConnectionError = (error: unknown) => onError(explainConnectionError(error, databaseUrl));
  const pool = new RowScopedPool({
    ...connectionOptions(databaseUrl),
    max: MAX_CONNECTIONS,
    application_name: APPLICATION_NAME,
  });
  const adapter = new PrismaPg(pool, {
    schema: 'public',
    disposeExternalPool: true,
    onPoolError: onConnectionError,
    onConnectionError,
  });
  const client = new PrismaClient({ adapter, transactionOptions: TRANSACTION_LIMITS });
  await client.$connect();
  const check = async () => {
    try {
      await within(
        answerTimeout(databaseUrl),
        withRowsOf(EVERYWHERE, async () => await client.$queryRaw`SELECT 1`),
      );
    } catch (error) {
      throw explainConnectionError(error, databaseUrl);
    }
  };
  // Held by a transaction, so it also works behind a pooler; the work itself goes over other connections.
  const alone = <T>(work: () => Promise<T>): Promise<T> =>
    client.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ALONE_LOCK})`;
      return work();
    }, ALONE_LIMITS);
  const now = () => withRowsOf(EVERYWHERE, () => readClock(client));
  // The two clients are equal in everything the service uses; test/storage/client-types.ts holds them to it.
  const rowSecurity = await withRowsOf(EVERYWHERE, () => readRowSecurity(client));
  return createDatabase('postgresql', client as unknown as SqlitePrismaClient, { rowSecurity, check, alone, now });
}
