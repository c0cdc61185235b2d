import type { Config } from '../config.ts';
import { BossQueue } from './boss-queue.ts';
import type { Database, Storage } from './db.ts';
import { type FolderLock, lockFolder, makeDataFolder } from './folder-lock.ts';
import { LocalBus } from './local-bus.ts';
import { LocalQueue } from './local-queue.ts';
import { openPostgres } from './postgres-database.ts';
import { openSqlite } from './sqlite-database.ts';

export type StorageConfig = Pick<Config, 'dataDir' | 'databaseUrl'>;

type Report = (error: unknown) => void;

function openDatabase({ dataDir, databaseUrl }: StorageConfig, report: Report): Promise<Database> {
  return databaseUrl ? openPostgres(databaseUrl, report) : openSqlite(dataDir);
}

async function closeAll({ queue, bus, database }: Omit<Storage, 'close'>, lock: FolderLock): Promise<void> {
  try {
    await queue.close();
    await bus.close();
  } finally {
    await database.close();
    lock.release();
  }
}

/**
 * Takes the data folder, brings the database up to this version and opens it. `onError` is told what fails in the
 * background (a lost connection, a listener that throws). Throws KeyturnError `data_dir_locked`, `database_newer`,
 * `database_foreign`, `database_unreachable` or `bad_configuration`; nothing is held then.
 */
export async function openStorage(config: StorageConfig, onError: Report = () => {}): Promise<Storage> {
  makeDataFolder(config.dataDir);
  const lock = lockFolder(config.dataDir);
  let closing: Promise<void> | undefined;
  // A connection that ends while we close is no news.
  const report: Report = (error) => {
    if (!closing) onError(error);
  };
  try {
    const database = await openDatabase(config, report);
    const queue = config.databaseUrl ? new BossQueue(config.databaseUrl, report) : new LocalQueue();
    const parts = { database, queue, bus: new LocalBus(report) };
    const close = () => {
      closing ??= closeAll(parts, lock);
      return closing;
    };
    return { ...parts, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}
