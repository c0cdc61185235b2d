import type { Config } from '../config.ts';
import type { Storage } from './db.ts';
import { type FolderLock, lockFolder, makeDataFolder } from './folder-lock.ts';
import { LocalBus } from './local-bus.ts';
import { LocalQueue } from './local-queue.ts';
import type { CheckKeys, OnNewer } from './migrations.ts';
import { openSqlite } from './sqlite-database.ts';

export type StorageConfig = Pick<Config, 'dataDir' | 'databaseUrl'> & {
  /** Asked before stored data is migrated. */
  checkKeys?: CheckKeys;
  /** Told where a newer version has added to the database. */
  onNewer?: OnNewer;
};

type Report = (error: unknown) => void;

/** What PostgreSQL needs is loaded only where it is used: a good part of what a start reads. */
async function openParts(config: StorageConfig, report: Report): Promise<Omit<Storage, 'close'>> {
  const { dataDir, databaseUrl, checkKeys = async () => undefined, onNewer = () => undefined } = config;
  const hooks = { checkKeys, onNewer };
  if (!databaseUrl) {
    return {
      database: await openSqlite(dataDir, hooks),
      queue: new LocalQueue(),
      bus: new LocalBus(report),
    };
  }
  const [{ openPostgres }, { BossQueue }, { NotifyBus }] = await Promise.all([
    import('./postgres-database.ts'),
    import('./boss-queue.ts'),
    import('./notify-bus.ts'),
  ]);
  return {
    database: await openPostgres(databaseUrl, report, hooks),
    queue: new BossQueue(databaseUrl, report),
    bus: new NotifyBus(databaseUrl, report),
  };
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
    const parts = await openParts(config, report);
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
