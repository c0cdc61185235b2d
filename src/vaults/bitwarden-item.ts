import { KeyturnError } from '../errors.ts';
import { itemName } from './item-name.ts';
import { parseRest, passwordSecretOf, REST_FIELD, restOf } from './item-rest.ts';
import type { CredentialSecret, NewItem, VaultItem } from './vault.ts';

/** Where new items lie in Bitwarden; null: with the account's own, in no folder. */
export interface BitwardenPlace {
  organization_id: string | null;
  collection_id: string | null;
  folder_id: string | null;
}

const LOGIN = 1;
const NOTE = 2;
const CARD = 3;
const HIDDEN = 1;
/** Ways an address is matched: a regular expression is none, and `never` is not to be filled in at all. */
const NO_ADDRESS: unknown[] = [4, 5];

/**
 * Bytes of a value that Bitwarden's server takes in every case. It bounds what it is sent, which is sealed and in base64,
 * to 1000, 5000 and 10,000 characters.
 */
const SHORT = 600;
const LONG = 3600;
const NOTES = 7000;

/** Bitwarden's members for a card, by ours. */
const CARD_MEMBERS = {
  card_number: 'number',
  card_cvv: 'code',
  card_exp_month: 'expMonth',
  card_exp_year: 'expYear',
  card_brand: 'brand',
  card_holder_name: 'cardholderName',
} as const;
type CardField = keyof typeof CARD_MEMBERS;
const CARD_FIELDS = Object.keys(CARD_MEMBERS) as CardField[];

/**
 * The body that makes an item. What Bitwarden has a member for goes there, for people to see and use; all else, and what
 * is too long or no Unicode text, is JSON in hidden fields named `keyturn`, one after another.
 */
export function bitwardenItem(item: NewItem, place: BitwardenPlace) {
  const { kind, rest } = kindOf(item.secret, item.origins);
  return {
    name: itemName(item.name, item.key),
    notes: null,
    favorite: false,
    reprompt: 0,
    organizationId: place.organization_id,
    collectionIds: place.collection_id === null ? null : [place.collection_id],
    folderId: place.folder_id,
    ...kind,
    fields: Object.keys(rest).length === 0 ? [] : hiddenFields(JSON.stringify(rest)),
  };
}

function kindOf(secret: CredentialSecret, origins: readonly string[]) {
  if (secret.credential_type === 'credit_card') {
    const { taken, left } = share(secret, CARD_FIELDS, () => SHORT);
    const card = Object.fromEntries(CARD_FIELDS.map((name) => [CARD_MEMBERS[name], taken[name]]));
    return { kind: { type: CARD, card }, rest: left };
  }
  if (secret.credential_type === 'secret') {
    const { taken, left } = share(secret, ['secret_value'], () => NOTES);
    const { secret_label } = secret;
    const rest = { ...left, ...(secret_label !== null && { secret_label }) };
    return { kind: { type: NOTE, notes: taken.secret_value, secureNote: { type: 0 } }, rest };
  }
  const limit = (name: string) => (name === 'password' ? LONG : SHORT);
  const { taken, left } = share(secret, ['username', 'password', 'totp'], limit);
  const uris = origins.map((uri) => ({ match: null, uri }));
  const more = restOf(secret);
  return { kind: { type: LOGIN, login: { ...taken, uris } }, rest: { ...(more && parseRest(more)), ...left } };
}

/** Which values Bitwarden's own members take (null: nothing) and which are left. */
function share<Name extends string>(
  values: Record<Name, string | null>,
  names: readonly Name[],
  limit: (name: Name) => number,
): { taken: Record<Name, string | null>; left: Partial<Record<Name, string>> } {
  const taken: Partial<Record<Name, string | null>> = {};
  const left: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = values[name] || null;
    const fits = value === null || (value.isWellFormed() && Buffer.byteLength(value) <= limit(name));
    taken[name] = fits ? value : null;
    if (!fits) left[name] = value;
  }
  return { taken: taken as Record<Name, string | null>, left };
}

/** A text over as many fields as it takes. JSON is well-formed Unicode, so it may be cut between any two characters. */
function hiddenFields(text: string) {
  const parts = [''];
  let bytes = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > LONG) {
      parts.push('');
      bytes = 0;
    }
    parts[parts.length - 1] += character;
    bytes += size;
  }
  return parts.map((value) => ({ name: REST_FIELD, value, type: HIDDEN }));
}

/**
 * The item in an answer, made by us or by people. Throws `not_found` for one in the bin, `vault_failed` for one that is
 * neither a login nor a card nor a note.
 */
export function readBitwardenItem(title: string, item: Record<string, unknown>): VaultItem {
  if (item.deletedDate) throw new KeyturnError('not_found', { detail: `The item lies in the bin of ${title}.` });
  const rest = restIn(item);
  if (item.type === LOGIN) {
    const login = objectIn(item, 'login');
    const own = { username: textIn(login, 'username') ?? '', password: textIn(login, 'password') ?? '' };
    const secret = passwordSecretOf({ ...own, totp: textIn(login, 'totp') }, rest);
    const uris: Record<string, unknown>[] = Array.isArray(login.uris) ? login.uris : [];
    const named = uris.filter((uri) => textIn(uri, 'uri'));
    return { secret, addresses: named.map((uri) => (NO_ADDRESS.includes(uri.match) ? null : textIn(uri, 'uri'))) };
  }
  if (item.type === CARD) {
    const card = objectIn(item, 'card');
    const own = Object.fromEntries(CARD_FIELDS.map((name) => [name, textIn(card, CARD_MEMBERS[name]) ?? '']));
    const left = rest === null ? {} : parseRest<Partial<Record<CardField, string>>>(rest);
    return {
      secret: { credential_type: 'credit_card', ...(own as Record<CardField, string>), ...left },
      addresses: [],
    };
  }
  if (item.type === NOTE) {
    const left = rest === null ? {} : parseRest<{ secret_value?: string; secret_label?: string }>(rest);
    const secret_value = left.secret_value ?? textIn(item, 'notes') ?? '';
    const secret_label = left.secret_label ?? null;
    return { secret: { credential_type: 'secret', secret_value, secret_label }, addresses: [] };
  }
  const detail = `The item in ${title} is neither a login nor a card nor a secure note.`;
  throw new KeyturnError('vault_failed', { detail });
}

function restIn(item: Record<string, unknown>): string | null {
  const fields = Array.isArray(item.fields) ? item.fields : [];
  const parts = fields
    .filter((field) => textIn(field, 'name') === REST_FIELD)
    .map((field) => textIn(field, 'value') ?? '');
  return parts.length === 0 ? null : parts.join('');
}

function objectIn(value: Record<string, unknown>, name: string): Record<string, unknown> {
  const member = value[name];
  return typeof member === 'object' && member !== null ? (member as Record<string, unknown>) : {};
}

function textIn(value: unknown, name: string): string | null {
  const member = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : null;
  return typeof member === 'string' ? member : null;
}
