import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { Pool, type QueryConfig, types } from 'pg';
import type { StorageConfig } from '../../src/storage/open-storage.ts';

export const databaseFile = (place: StorageConfig): string => path.join(place.dataDir, 'keyturn.db');

/** Row-level security shows a look from outside nothing unless it says whose rows it is about. */
export const EVERYBODYS_ROWS = '-c keyturn.organization_id=*';

/** Prisma's adapter does not know the one-letter type of PostgreSQL's catalogs, which its schema engine reads: text will do. */
function catalogPool(databaseUrl: string): Pool {
  const pool = new Pool({ connectionString: databaseUrl, options: EVERYBODYS_ROWS });
  const query = pool.query.bind(pool);
  return Object.assign(pool, {
    query: async (config: QueryConfig) => {
      const result = await query(config);
      for (const field of result.fields)
        if (field.dataTypeID === types.builtins.CHAR) field.dataTypeID = types.builtins.TEXT;
      return result;
    },
  });
}

/** Prisma's stock adapter for a place: a look at its database from outside, through the same SQLite as ours. */
export function adapterFor(place: StorageConfig): SqlMigrationAwareDriverAdapterFactory {
  if (place.databaseUrl) return new PrismaPg(catalogPool(place.databaseUrl), { disposeExternalPool: true });
  mkdirSync(place.dataDir, { recursive: true });
  return new PrismaLibSql({ url: `file:${databaseFile(place)}` });
}

/** Runs SQL that bypasses the storage: what another program would have done. */
export async function runSql(place: StorageConfig, sql: string): Promise<Record<string, unknown>[]> {
  const adapter = await adapterFor(place).connect();
  try {
    const { columnNames, rows } = await adapter.queryRaw({ sql, args: [], argTypes: [] });
    return rows.map((row) => Object.fromEntries(columnNames.map((name, index) => [name, row[index]])));
  } finally {
    await adapter.dispose();
  }
}

/** The names of all tables, pg-boss' own aside. */
export async function tableNames(place: StorageConfig): Promise<string[]> {
  const rows = place.databaseUrl
    ? await runSql(place, `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    : await runSql(place, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`);
  return rows.map((row) => String(row.name));
}
