import type { Config } from '../config.ts';
import { BossQueue } from './boss-queue.ts';
import type { Storage } from './db.ts';
import { lockFolder, makeDataFolder } from './folder-lock.ts';
import { LocalBus } from './local-bus.ts';
import { LocalQueue } from './local-queue.ts';
import { openPostgres } from './postgres-database.ts';
import { openSqlite } from './sqlite-database.ts';

export type StorageConfig = Pick<Config, 'dataDir' | 'databaseUrl'>;

/**
 * Takes the data folder, brings the database up to this version and opens it. `onError` is told what fails in the
 * background (a lost connection, a listener that throws). Throws KeyturnError `data_dir_locked`, `database_newer`,
 * `database_foreign`, `database_unreachable` or `bad_configuration`; nothing is held then.
 */
export async function openStorage(
  config: StorageConfig,
  onError: (error: unknown) => void = () => {},
): Promise<Storage> {
  makeDataFolder(config.dataDir);
  const lock = lockFolder(config.dataDir);
  try {
    const database = config.databaseUrl
      ? await openPostgres(config.databaseUrl, onError)
      : await openSqlite(config.dataDir);
    const queue = config.databaseUrl ? new BossQueue(config.databaseUrl, onError) : new LocalQueue();
    const bus = new LocalBus(onError);
    return {
      database,
      queue,
      bus,
      close: async () => {
        await queue.close();
        await bus.close();
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
