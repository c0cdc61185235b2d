import path from 'node:path';
import { KeyturnError } from '../errors.ts';
import type { Database } from './db.ts';
import { makePrivateFile } from './folder-lock.ts';
import { PrismaClient } from './generated/sqlite/client.ts';
import { migrateSqlite } from './migrate-sqlite.ts';
import { type Migration, type MigrationHooks, readMigrations } from './migrations.ts';
import { type Adapter, connectSqlite, withReader } from './one-connection.ts';
import { createDatabase } from './scoped-database.ts';
import { TRANSACTION_LIMITS } from './transaction-limits.ts';

const SQLITE_NOTADB = '26';

function explain(error: unknown, file: string): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Object && 'originalCode' in cause ? cause.originalCode : undefined;
  if (code !== SQLITE_NOTADB) return error;
  return new KeyturnError('database_foreign', { detail: `${file} is not a database of ours. Nothing was changed.` });
}

async function connectMigrated(
  file: string,
  migrations: readonly Migration[],
  hooks: MigrationHooks,
): Promise<Adapter> {
  try {
    const adapter = await connectSqlite(file);
    try {
      await migrateSqlite(adapter, migrations, file, hooks);
      // Written into the file, so only once it is known to be ours.
      await adapter.executeScript('PRAGMA journal_mode = WAL');
      return adapter;
    } catch (error) {
      await adapter.dispose();
      throw error;
    }
  } catch (error) {
    throw explain(error, file);
  }
}

/** Opens, and first brings up to date, the embedded database in a data folder this process holds the lock of. */
export async function openSqlite(
  folder: string,
  hooks: MigrationHooks,
  migrations = readMigrations('sqlite'),
): Promise<Database> {
  const file = path.join(folder, 'keyturn.db');
  makePrivateFile(file);
  const adapter = await withReader(await connectMigrated(file, migrations, hooks), file);
  const client = new PrismaClient({ adapter, transactionOptions: TRANSACTION_LIMITS });
  await client.$connect();
  const check = async () => {
    try {
      await client.$queryRaw`SELECT 1`;
      // By the connection that writes, too.
      await client.$executeRaw`SELECT 1`;
    } catch (error) {
      throw new KeyturnError('database_unreachable', { detail: `The database ${file} does not answer.`, cause: error });
    }
  };
  // The folder's lock keeps other processes away.
  const alone = <T>(work: () => Promise<T>): Promise<T> => work();
  return createDatabase('sqlite', client, { rowSecurity: 'none', check, alone, now: async () => new Date() });
}
