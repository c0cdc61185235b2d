import { KeyturnError } from '../errors.ts';
import { readBitwardenItem } from '../vaults/bitwarden-item.ts';
import { openLockedBitwarden } from './bitwarden-locked.ts';
import { jsonObject, objectAt, objectsAt, textAt } from './export-json.ts';
import { type ImportedItem, refuseTooMany, unreadable } from './imported-item.ts';

const LOGIN = 1;
const CARD = 3;

/** A Bitwarden export of a person or an organization. */
export interface BitwardenExport {
  /** Whether a password opens it. */
  locked: boolean;
  /** Throws `invalid_request`. The password is for a locked one. */
  items(password: string): Promise<ImportedItem[]>;
}

/**
 * What Bitwarden exports as JSON. Throws `invalid_request` for anything else, and for an export that only the account
 * itself can read.
 */
export function readBitwardenExport(text: string): BitwardenExport {
  const file = jsonObject(text);
  if (file.encrypted !== true) return { locked: false, items: async () => itemsIn(file) };
  if (file.passwordProtected !== true) {
    throw unreadable(
      'This Bitwarden export is encrypted for its own account, which nobody else can read; export it protected by a password, or as JSON without encryption.',
    );
  }
  return { locked: true, items: async (password) => itemsIn(jsonObject(await openLockedBitwarden(file, password))) };
}

function itemsIn(file: Record<string, unknown>): ImportedItem[] {
  if (!Array.isArray(file.items)) throw unreadable('The JSON is no Bitwarden export: it has no items.');
  refuseTooMany(file.items.length);
  return objectsAt(file, 'items').map(importedItem);
}

function importedItem(item: Record<string, unknown>): ImportedItem {
  const login = objectAt(item, 'login');
  const common = { name: textAt(item, 'name'), leftOut: leftOutOf(item, login) };
  const none = (reason: string): ImportedItem => {
    return { ...common, kind: 'none', addresses: [], username: textAt(login, 'username'), reason };
  };
  if (item.type !== LOGIN && item.type !== CARD) return none('it is neither a login nor a card');
  try {
    const { secret, addresses } = readBitwardenItem('the Bitwarden export', item);
    if (secret.credential_type === 'credit_card') {
      const { credential_type: _type, ...card } = secret;
      return { ...common, kind: 'card', addresses, card };
    }
    if (secret.credential_type === 'secret' || secret.password === '') return none('it holds no password');
    const { username, password, totp } = secret;
    return { ...common, kind: 'login', addresses, username, password, totp };
  } catch (error) {
    if (error instanceof KeyturnError) return none(error.message);
    throw error;
  }
}

function leftOutOf(item: Record<string, unknown>, login: Record<string, unknown>): string[] {
  return [
    ...(textAt(item, 'notes') === '' ? [] : ['notes']),
    ...(objectsAt(item, 'fields').length === 0 ? [] : ['custom fields']),
    ...(objectsAt(login, 'fido2Credentials').length === 0 ? [] : ['passkey']),
  ];
}
