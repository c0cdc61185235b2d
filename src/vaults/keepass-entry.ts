import type { Kdbx, KdbxEntry, KdbxGroup } from 'kdbxweb';
import { KeyturnError } from '../errors.ts';
import type { VaultItem } from './vault.ts';

/** One entry of a file, whatever it holds. */
export interface KeepassEntry {
  title: string;
  username: string;
  /** What of it an item has no place for, in words. */
  leftOut: string[];
  /** The item, or why it is none. */
  found: { item: VaultItem } | { reason: string };
}

interface Place {
  entry: KdbxEntry;
  /** Groups below the root and the title, with slashes between. */
  path: string;
}

/**
 * The entry with this id: its UUID (base64 or hexadecimal), its path, or its title where no other has it. What lies in
 * the recycle bin is not there. Throws `not_found`, and `vault_failed` where several are meant.
 */
export function findEntry(database: Kdbx, itemId: string): KdbxEntry {
  const places = placesOf(database);
  const path = itemId.replace(/^\//, '');
  const uuid = uuidOf(itemId);
  const wanted = [
    ({ entry }: Place) => uuid !== null && entry.uuid.id === uuid,
    (place: Place) => place.path === path,
    ({ entry }: Place) => textOf(entry, 'Title') === itemId,
  ];
  const meant = wanted.map((is) => places.filter(is)).find((found) => found.length > 0) ?? [];
  const [first] = meant;
  if (!first) throw new KeyturnError('not_found', { detail: 'The KeePass file has no such entry.' });
  if (meant.length === 1) return first.entry;
  const detail = `The KeePass file has ${meant.length} such entries; name one by its UUID.`;
  throw new KeyturnError('vault_failed', { detail });
}

/** Every entry but those in the recycle bin, in the order of the file. */
export function everyEntry(database: Kdbx): KeepassEntry[] {
  return placesOf(database).map(({ entry }) => {
    const common = { title: textOf(entry, 'Title'), username: textOf(entry, 'UserName'), leftOut: leftOutOf(entry) };
    try {
      return { ...common, found: { item: itemOfEntry(entry) } };
    } catch (error) {
      if (error instanceof KeyturnError) return { ...common, found: { reason: error.message } };
      throw error;
    }
  });
}

function placesOf(database: Kdbx): Place[] {
  const bin = database.meta.recycleBinUuid;
  return placesIn(database.getDefaultGroup(), '', (group) => bin !== undefined && group.uuid.equals(bin));
}

function placesIn(group: KdbxGroup, above: string, isOut: (group: KdbxGroup) => boolean): Place[] {
  if (isOut(group)) return [];
  const own = group.entries.map((entry) => ({ entry, path: `${above}${textOf(entry, 'Title')}` }));
  return [...own, ...group.groups.flatMap((inner) => placesIn(inner, `${above}${inner.name ?? ''}/`, isOut))];
}

/** A UUID in the spelling of the file, base64; null: it is none. */
function uuidOf(text: string): string | null {
  const hex = text.replace(/[{}-]/g, '');
  if (/^[0-9a-f]{32}$/i.test(hex)) return Buffer.from(hex, 'hex').toString('base64');
  return /^[0-9A-Za-z+/]{22}==$/.test(text) ? text : null;
}

/** A field's text, empty where it is not there. A reference to another entry would be typed as it stands. */
function textOf(entry: KdbxEntry, name: string): string {
  const field = entry.fields.get(name) ?? '';
  return typeof field === 'string' ? field : field.getText();
}

function valueOfField(entry: KdbxEntry, name: string): string {
  const text = textOf(entry, name);
  if (!/\{REF:/i.test(text)) return text;
  const detail = `The field "${name}" refers to another entry, which is not followed; name that one.`;
  throw new KeyturnError('vault_failed', { detail });
}

/** The password of an entry, with its seed and web addresses. Throws `vault_failed` where there is none. */
export function itemOfEntry(entry: KdbxEntry): VaultItem {
  const [username, password] = [valueOfField(entry, 'UserName'), valueOfField(entry, 'Password')];
  if (username === '' && password === '') {
    throw new KeyturnError('vault_failed', { detail: 'The entry in the KeePass file holds no password.' });
  }
  // KP2A_URL, KP2A_URL_1, …: further addresses, as KeePassXC and Keepass2Android name them.
  const names = ['URL', ...[...entry.fields.keys()].filter((name) => name.startsWith('KP2A_URL'))];
  return {
    secret: { credential_type: 'password', username, password, totp: seedOf(entry), extra_fields: {} },
    addresses: names.map((name) => textOf(entry, name)).filter((address) => address !== ''),
  };
}

function leftOutOf(entry: KdbxEntry): string[] {
  const known = /^(Title|UserName|Password|URL|Notes|KP2A_URL.*|otp|TOTP Seed|TOTP Settings|TimeOtp-.*)$/;
  return [
    ...(textOf(entry, 'Notes') === '' ? [] : ['notes']),
    ...([...entry.fields.keys()].every((name) => known.test(name)) ? [] : ['custom fields']),
    ...(entry.binaries.size === 0 ? [] : ['attachments']),
  ];
}

/** The seed in whichever of the four spellings there is: KeePassXC's, KeeOtp's, KeeTrayTOTP's, KeePass' own. */
function seedOf(entry: KdbxEntry): string | null {
  const otp = valueOfField(entry, 'otp').trim();
  if (/^otpauth:/i.test(otp)) return otp;
  const keeOtp = new URLSearchParams(otp);
  if (keeOtp.has('key')) return withSettings(keeOtp.get('key') ?? '', keeOtp.get('size'), keeOtp.get('step'));
  const tray = valueOfField(entry, 'TOTP Seed').trim();
  if (tray !== '') {
    const [period, digits] = textOf(entry, 'TOTP Settings').split(';');
    return withSettings(tray, digits, period);
  }
  const own = valueOfField(entry, 'TimeOtp-Secret-Base32').trim();
  if (own === '') return null;
  const algorithm = textOf(entry, 'TimeOtp-Algorithm')
    .replace(/^HMAC-SHA-/, 'SHA')
    .replace(/^SHA1$/, '');
  return withSettings(own, textOf(entry, 'TimeOtp-Length'), textOf(entry, 'TimeOtp-Period'), algorithm);
}

/** The seed alone where everything is as usual. */
function withSettings(seed: string, digits?: string | null, period?: string | null, algorithm?: string): string {
  const secret = seed.replace(/[\s-]/g, '');
  const settings = Object.entries({ digits, period, algorithm }).filter(([, value]) => value);
  if (settings.length === 0) return secret;
  return `otpauth://totp/KeePass?${new URLSearchParams({ secret, ...Object.fromEntries(settings) })}`;
}
