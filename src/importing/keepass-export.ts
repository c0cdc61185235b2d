import { KeyturnError } from '../errors.ts';
import type { KeepassEntry } from '../vaults/keepass-entry.ts';
import { listKeepass } from '../vaults/keepass-process.ts';
import { type ImportedItem, type ImportKey, refuseTooMany, unreadable } from './imported-item.ts';

/**
 * Every entry of a .kdbx file that is not in its recycle bin. It is opened in a process of its own, within the limits of
 * the KeePass vault. Throws `invalid_request` where it does not open.
 */
export async function readKeepassExport(
  file: Buffer,
  { password, keyFile }: ImportKey,
  signal: AbortSignal,
): Promise<ImportedItem[]> {
  const key_file = keyFile?.toString('base64') ?? null;
  try {
    const entries = await listKeepass({ file: file.toString('base64'), password, key_file }, signal);
    refuseTooMany(entries.length);
    return entries.map(importedItem);
  } catch (error) {
    throw error instanceof KeyturnError ? unreadable(error.message) : error;
  }
}

function importedItem({ title, username, leftOut, found }: KeepassEntry): ImportedItem {
  const common = { name: title, leftOut };
  const none = (reason: string): ImportedItem => ({ ...common, kind: 'none', addresses: [], username, reason });
  if ('reason' in found) return none(found.reason);
  const { secret, addresses } = found.item;
  if (secret.credential_type !== 'password' || secret.password === '') return none('it holds no password');
  const { password, totp } = secret;
  return { ...common, kind: 'login', addresses, username, password, totp };
}
