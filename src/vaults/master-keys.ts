import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config.ts';
import { KeyturnError } from '../errors.ts';
import { KEY_BYTES } from './seal.ts';

export const KEY_FILE = 'master.key';

/** The first key wraps, the others only unwrap: they are there while a rotation is in progress. */
export interface MasterKeys {
  readonly source: 'environment' | 'file';
  readonly keys: readonly Buffer[];
}

/** Where the master key comes from. Only a process that works alone makes one. */
export type MasterKeyConfig = Pick<Config, 'masterKeys' | 'dataDir'> & Partial<Pick<Config, 'role'>>;

/** Names a master key without giving anything of it away: the first 8 bytes of its SHA-256, hex. */
export function fingerprint(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

export const newMasterKey = (): Buffer => randomBytes(KEY_BYTES);

const keyFile = (dataDir: string): string => path.join(dataDir, KEY_FILE);

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The keys of the data folder's key file, or null when there is none. Throws `bad_master_key` when it is damaged. */
async function readKeyFile(dataDir: string): Promise<Buffer[] | null> {
  let text: string;
  try {
    text = await readFile(keyFile(dataDir), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new KeyturnError('bad_master_key', {
      detail: `The key file ${keyFile(dataDir)} cannot be read.`,
      cause: error,
    });
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const keys = lines.map((line) => Buffer.from(line, 'base64'));
  if (
    keys.length === 0 ||
    keys.some((key, index) => key.length !== KEY_BYTES || key.toString('base64') !== lines[index])
  ) {
    throw new KeyturnError('bad_master_key', { detail: `The key file ${keyFile(dataDir)} is damaged.` });
  }
  return keys;
}

/** Writes the keys beside the key file, on the disk before anything names it, and puts it in place with `publish`. */
async function writeKeys(
  dataDir: string,
  keys: readonly Buffer[],
  publish: (from: string, to: string) => Promise<void>,
): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const temporary = `${keyFile(dataDir)}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(keys.map((key) => `${key.toString('base64')}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(temporary, keyFile(dataDir));
    // The rename itself is on the disk only once the folder is.
    const folder = await open(dataDir, 'r');
    await folder.sync().finally(() => folder.close());
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Replaces the key file in one step: a crash leaves either the old keys or the new ones. */
export async function replaceKeyFile(dataDir: string, keys: readonly Buffer[]): Promise<void> {
  await writeKeys(dataDir, keys, rename);
}

/** Makes the first key file. `link` never overwrites: of two processes that start at once, both use the winner's key. */
async function createKeyFile(dataDir: string): Promise<Buffer[]> {
  try {
    await writeKeys(dataDir, [newMasterKey()], link);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const keys = await readKeyFile(dataDir);
  if (!keys) throw new KeyturnError('bad_master_key', { detail: `The key file ${keyFile(dataDir)} cannot be read.` });
  return keys;
}

/** A crash between writing and renaming leaves a file with keys in it. */
async function removeLeftovers(dataDir: string): Promise<void> {
  const names = await readdir(dataDir);
  const left = names.filter((name) => name.startsWith(`${KEY_FILE}.`) && name.endsWith('.tmp'));
  await Promise.all(left.map((name) => rm(path.join(dataDir, name), { force: true })));
}

/**
 * The master keys: from the environment, else from the key file, which is made when there is none. With `hasData` a
 * missing key file is `bad_master_key` instead: a new key could not open anything, and would hide the loss.
 */
export async function loadMasterKeys(config: MasterKeyConfig, hasData: boolean): Promise<MasterKeys> {
  if (config.masterKeys.length > 0) return { source: 'environment', keys: config.masterKeys };
  const found = await readKeyFile(config.dataDir);
  if (found) {
    await removeLeftovers(config.dataDir);
    return { source: 'file', keys: found };
  }
  if (hasData) {
    throw new KeyturnError('bad_master_key', {
      detail: `The key file ${keyFile(config.dataDir)} is gone, and the stored secrets do not open without it; put it back or set KEYTURN_MASTER_KEY.`,
    });
  }
  // One that is made here would be nobody else's.
  if (config.role && config.role !== 'all') {
    throw new KeyturnError('bad_configuration', {
      detail: `KEYTURN_ROLE=${config.role} needs the master key that all processes share: set KEYTURN_MASTER_KEY, or put the key file at ${keyFile(config.dataDir)}.`,
    });
  }
  return { source: 'file', keys: await createKeyFile(config.dataDir) };
}
