import { jsonObject, numberAt, objectAt, objectsAt, textAt } from './export-json.ts';
import { type ImportedItem, refuseTooMany, textOf, unreadable } from './imported-item.ts';
import { zipEntry } from './zip-entry.ts';

type JsonObject = Record<string, unknown>;

/** `categoryUuid` of the kinds that become credentials. */
const LOGIN = '001';
const CARD = '002';
const PASSWORD = '005';

/**
 * What 1Password exports as 1PUX: a zip archive whose file `export.data` holds accounts with vaults with items
 * (https://support.1password.com/1pux-format/). Attachments are not looked at. Throws `invalid_request`.
 */
export function readOnepasswordExport(archive: Buffer): ImportedItem[] {
  const data = zipEntry(archive, 'export.data');
  if (data === null) throw unreadable('The archive is no 1Password export: it holds no "export.data".');
  const file = jsonObject(textOf(data));
  if (!Array.isArray(file.accounts)) throw unreadable('The archive is no 1Password export: it has no accounts.');
  const vaults = objectsAt(file, 'accounts').flatMap((account) => objectsAt(account, 'vaults'));
  const items = vaults.flatMap((vault) => objectsAt(vault, 'items'));
  refuseTooMany(items.length);
  return items.map(importedItem);
}

function importedItem(item: JsonObject): ImportedItem {
  const [overview, details] = [objectAt(item, 'overview'), objectAt(item, 'details')];
  const fields = objectsAt(details, 'sections').flatMap((section) => objectsAt(section, 'fields'));
  const seeds = fields.map((field) => textAt(objectAt(field, 'value'), 'totp')).filter((seed) => seed !== '');
  const category = textAt(item, 'categoryUuid');
  const others = category === CARD ? [] : fields.filter((field) => isFilled(field) && !hasSeed(field));
  const addresses = [textAt(overview, 'url'), ...objectsAt(overview, 'urls').map((entry) => textAt(entry, 'url'))];
  const common = {
    name: textAt(overview, 'title'),
    addresses: addresses.filter((address) => address.trim() !== ''),
    leftOut: [
      ...(textAt(details, 'notesPlain') === '' ? [] : ['notes']),
      ...(others.length === 0 ? [] : ['custom fields']),
      ...(seeds.length > 1 ? ['further one-time codes'] : []),
      ...(isFilled({ value: objectAt(details, 'passkey') }) ? ['passkey'] : []),
    ],
  };
  const username = loginField(details, 'username');
  const none = (reason: string): ImportedItem => ({ ...common, kind: 'none', username, reason });
  if (textAt(item, 'state') === 'archived') return none('it is archived in 1Password');
  if (item.trashed === true) return none('it lies in the bin of 1Password');
  if (category === CARD) return { ...common, kind: 'card', card: cardOf(fields) };
  if (category !== LOGIN && category !== PASSWORD) return none('it is neither a login nor a card nor a password');
  const password = loginField(details, 'password') || textAt(details, 'password');
  if (password === '') return none('it holds no password');
  const [totp = null] = seeds;
  const alone = category === PASSWORD && username === '' && totp === null && common.addresses.length === 0;
  if (alone) return { ...common, kind: 'secret', value: password };
  return { ...common, kind: 'login', username, password, totp };
}

function loginField(details: JsonObject, designation: string): string {
  const field = objectsAt(details, 'loginFields').find((found) => found.designation === designation);
  return textAt(field, 'value');
}

/** A value is an object whose one member says what kind it is. */
function isFilled(field: JsonObject): boolean {
  return Object.values(objectAt(field, 'value')).some((value) => value !== null && value !== '');
}

function hasSeed(field: JsonObject): boolean {
  return textAt(objectAt(field, 'value'), 'totp') !== '';
}

function cardOf(fields: readonly JsonObject[]) {
  const valueIn = (id: string) =>
    objectAt(
      fields.find((field) => field.id === id),
      'value',
    );
  // Such as 203107.
  const [, year = '', month = ''] =
    /^([0-9]{4})([0-9]{2})$/.exec(String(numberAt(valueIn('expiry'), 'monthYear'))) ?? [];
  return {
    card_number: textAt(valueIn('ccnum'), 'creditCardNumber'),
    card_cvv: textAt(valueIn('cvv'), 'concealed'),
    card_exp_month: month,
    card_exp_year: year,
    card_brand: textAt(valueIn('type'), 'creditCardType'),
    card_holder_name: textAt(valueIn('cardholder'), 'string'),
  };
}
