import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KeyturnError } from '../errors.ts';

const SQLITE_BUSY = 5;

/**
 * Makes a file only its owner may read before anybody writes to it (SQLite gives its journals the mode of the
 * database).
 */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/**
 * Makes the data folder (0700). One that exists already keeps its mode: it may be a volume, or a folder that is used for
 * other things as well, and the files in it are 0600.
 */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new KeyturnError('bad_configuration', {
      detail: `The data folder ${folder} cannot be made (${code}); set KEYTURN_DATA_DIR to a folder that can be written.`,
      cause: error,
    });
  }
}

export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process: an exclusive SQLite transaction that is never committed, on a file of its
 * own. The kernel frees it when the process ends in whatever way, so there is no stale lock and no pid to compare. (A
 * POSIX lock also ends when this process closes any other handle of that file: nothing else may open it.) Throws
 * `data_dir_locked`.
 */
export function lockFolder(folder: string): FolderLock {
  const file = path.join(folder, 'lock.sqlite');
  let lock: DatabaseSync | undefined;
  try {
    makePrivateFile(file);
    lock = new DatabaseSync(file, { timeout: 0 });
    // Nothing is ever written, so no journal file either.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new KeyturnError('data_dir_locked', {
        detail: `Another Keyturn process holds the data folder ${folder}; stop it or set KEYTURN_DATA_DIR to another folder.`,
      });
    }
    throw new KeyturnError('bad_configuration', {
      detail: `The data folder ${folder} cannot be written; check its owner and its permissions.`,
      cause: error,
    });
  }
  const held = lock;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}
