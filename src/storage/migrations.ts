import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { KeyturnError } from '../errors.ts';
import type { Dialect } from './db.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../prisma/migrations');

export interface Migration {
  /** The name of its folder; names sort by time. */
  name: string;
  sql: string;
  /** SHA-256 of the file, hex, as the Prisma CLI computes it. */
  checksum: string;
}

/** A row of Prisma's `_prisma_migrations`, as far as it decides something. */
export interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished_at: unknown;
  rolled_back_at: unknown;
  /** Of one that older versions cannot live with: why. Else null, as the Prisma CLI leaves it. */
  logs: unknown;
}

/** The columns of such a row. */
export const APPLIED_COLUMNS = 'migration_name, checksum, finished_at, rolled_back_at, logs';

/** What a database holds before anything is changed in it. */
export interface DatabaseState {
  /** Null when there is no `_prisma_migrations`. */
  applied: AppliedMigration[] | null;
  /** All other tables. */
  tables: string[];
}

/** The migrations this version ships, oldest first. */
export function readMigrations(dialect: Dialect, folder = FOLDER): Migration[] {
  const root = path.join(folder, dialect);
  const entries = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(root, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

const BREAKING = /^-- breaking: (.+)$/m;

/**
 * Why versions that do not know this migration cannot live with it; null for one that only adds, which is how all of them
 * should be: processes of two versions share a database while one replaces the other.
 */
export function breakingReason({ sql }: Pick<Migration, 'sql'>): string | null {
  return BREAKING.exec(sql)?.[0].replace(/^-- /, '') ?? null;
}

/** What a newer version has applied and this one does not know. It only added, or `pendingMigrations` throws. */
export function unknownMigrations(state: DatabaseState, known: readonly Migration[]): AppliedMigration[] {
  const names = new Set(known.map((migration) => migration.name));
  return (state.applied ?? []).filter((row) => row.rolled_back_at === null && !names.has(row.migration_name));
}

/** Told, where a newer version has added to the database, by what. */
export type OnNewer = (names: readonly string[]) => void;

/**
 * The migrations a database still needs. Throws `database_foreign` when it holds tables and none of our history,
 * `database_newer` when a newer version changed it in a way this one cannot live with, `bad_configuration` when a
 * migration was changed after it was applied or ended half-way.
 */
export function pendingMigrations(state: DatabaseState, known: readonly Migration[], where: string): Migration[] {
  const applied = new Map(
    (state.applied ?? []).filter((row) => row.rolled_back_at === null).map((row) => [row.migration_name, row]),
  );
  const first = known[0];
  const ours = first !== undefined && applied.has(first.name);
  if (!ours && (applied.size > 0 || state.tables.length > 0)) {
    const shown = state.tables.slice(0, 3).join(', ');
    throw new KeyturnError('database_foreign', {
      detail: `The database ${where} holds tables that are not ours (${shown || 'another history of migrations'}); give Keyturn a database of its own. Nothing was changed.`,
    });
  }
  const breaking = unknownMigrations(state, known).find(({ logs }) => String(logs ?? '').startsWith('breaking: '));
  if (breaking) {
    throw new KeyturnError('database_newer', {
      detail: `The database ${where} was made by a newer Keyturn (it has the migration ${breaking.migration_name}, ${breaking.logs}); start that version. Nothing was changed.`,
    });
  }
  for (const migration of known) {
    const row = applied.get(migration.name);
    if (!row) continue;
    if (row.finished_at === null) throw damaged(where, migration.name, 'ended half-way');
    if (row.checksum !== migration.checksum) {
      throw damaged(where, migration.name, 'was applied with another content than this Keyturn ships');
    }
  }
  return known.filter((migration) => !applied.has(migration.name));
}

function damaged(where: string, name: string, what: string): KeyturnError {
  return new KeyturnError('bad_configuration', {
    detail: `The migration ${name} of the database ${where} ${what}; restore a backup or the matching Keyturn version.`,
  });
}

/** Which master keys wrap what is stored, by fingerprint: told before anything is migrated. Throws to stop that. */
export type CheckKeys = (masterKeyIds: readonly string[]) => Promise<void>;

/** Of keys that are destroyed nothing is left to open. The same in both dialects, and in every version there was. */
export const MASTER_KEY_IDS = 'SELECT DISTINCT master_key_id FROM data_keys WHERE length(wrapped) > 0';

/** What whoever opens a database is asked and told on the way. */
export interface MigrationHooks {
  checkKeys: CheckKeys;
  onNewer: OnNewer;
}
