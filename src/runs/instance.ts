import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The name a process claims runs under, another one at each start. */
export interface Instance {
  readonly id: string;
  /** The last one that had this data folder. It is dead: the folder's lock is ours. */
  readonly previous: string | null;
}

const UUID = /^[0-9a-f-]{36}$/;

/** Takes a new name and leaves it in the data folder, so that a restart knows at once whose runs have nobody. */
export async function takeInstance(dataDir: string): Promise<Instance> {
  const file = path.join(dataDir, 'instance');
  const text = await readFile(file, 'utf8').catch(() => '');
  const id = randomUUID();
  try {
    await writeFile(`${file}.part`, id, { mode: 0o600 });
    await rename(`${file}.part`, file);
  } catch {
    // A full disk: the next start will find these runs by their heartbeat.
  }
  return { id, previous: UUID.test(text) ? text : null };
}
