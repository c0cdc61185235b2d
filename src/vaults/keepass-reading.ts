import { KeyturnError } from '../errors.ts';
import { everyEntry, findEntry, itemOfEntry } from './keepass-entry.ts';
import { openKeepassFile } from './keepass-file.ts';
import type { KeepassAnswer, KeepassQuestion } from './keepass-process.ts';

/** The answer to one question about a KeePass file. Errors are in it; what is not ours is told without its words. */
export async function readKeepass(question: KeepassQuestion): Promise<KeepassAnswer> {
  const { file, password, key_file } = question;
  const keyFile = key_file === null ? null : Buffer.from(key_file, 'base64');
  try {
    const database = await openKeepassFile(Buffer.from(file, 'base64'), { password, keyFile });
    if ('everything' in question) return { entries: everyEntry(database) };
    const { itemId } = question;
    return { item: itemId === null ? null : itemOfEntry(findEntry(database, itemId)) };
  } catch (error) {
    if (error instanceof KeyturnError) return { failure: { code: error.code, detail: error.message } };
    return { failure: { code: 'vault_failed', detail: 'The KeePass file could not be read.' } };
  }
}
