import { KeyturnError } from '../errors.ts';
import { parseRest, passwordSecretOf, REST_FIELD, restOf } from './item-rest.ts';
import type { CredentialSecret, NewItem, VaultItem } from './vault.ts';

export const ONEPASSWORD_TITLE = '1Password';

/** A field of an item in the words of Connect's API; the ids of built-in fields are the same in the SDK. */
export interface OnepasswordField {
  id: string;
  label: string;
  type: string;
  /** `USERNAME`, `PASSWORD`, `NOTES` or empty. */
  purpose: string;
  value: string;
}

/** What is used of an item, by whichever way it came. */
export interface OnepasswordItem {
  /** `LOGIN`, `CREDIT_CARD`, … */
  category: string;
  fields: readonly OnepasswordField[];
  /** Null: one that is never to be filled in. */
  addresses: (string | null)[];
}

/** An item's place; the parts are ids or names. No vault: the configured one. */
export interface OnepasswordPlace {
  vault: string | null;
  item: string;
}

type CardSecret = Extract<CredentialSecret, { credential_type: 'credit_card' }>;

/**
 * Where an item id leads: `op://vault/item`, `vault/item` or `item`. Throws `not_found` for anything else, such as a
 * reference to one field.
 */
export function parseItemPlace(itemId: string): OnepasswordPlace {
  const parts = itemId.replace(/^op:\/\//, '').split('/');
  const [first = '', second] = parts;
  const whole = parts.length <= 2 && parts.every((part) => part.trim() !== '');
  if (!whole || (second === undefined && itemId.startsWith('op:'))) {
    throw new KeyturnError('not_found', { detail: `${ONEPASSWORD_TITLE} names an item by "vault/item".` });
  }
  return second === undefined ? { vault: null, item: first } : { vault: first, item: second };
}

/** The category, fields and web addresses of an item to be. */
export function onepasswordItemOf({ name, secret, origins }: NewItem): OnepasswordItem {
  const named = field('name', 'STRING', name);
  const addresses = [...origins];
  if (secret.credential_type === 'credit_card') {
    const { card_number, card_cvv, card_holder_name, card_exp_month, card_exp_year, card_brand } = secret;
    return {
      category: 'CREDIT_CARD',
      addresses,
      fields: [
        field('cardholder', 'STRING', card_holder_name),
        field('ccnum', 'CREDIT_CARD_NUMBER', card_number),
        field('cvv', 'CONCEALED', card_cvv),
        field('expiry', 'MONTH_YEAR', `${card_exp_year.padStart(4, '20')}${card_exp_month.padStart(2, '0')}`),
        // As they were given: a month and a brand have several spellings.
        field(REST_FIELD, 'CONCEALED', JSON.stringify({ card_exp_month, card_exp_year, card_brand })),
        named,
      ],
    };
  }
  if (secret.credential_type === 'secret') {
    const { secret_value, secret_label } = secret;
    const label = secret_label === null ? [] : [field('secret_label', 'STRING', secret_label)];
    return {
      category: 'SECURE_NOTE',
      addresses,
      fields: [field('secret_value', 'CONCEALED', secret_value), ...label, named],
    };
  }
  const rest = restOf(secret);
  return {
    category: 'LOGIN',
    addresses,
    fields: [
      { ...field('username', 'STRING', secret.username), purpose: 'USERNAME' },
      { ...field('password', 'CONCEALED', secret.password), purpose: 'PASSWORD' },
      ...(secret.totp === null ? [] : [field('totp', 'OTP', secret.totp)]),
      ...(rest === null ? [] : [field(REST_FIELD, 'CONCEALED', rest)]),
      named,
    ],
  };
}

function field(id: string, type: string, value: string): OnepasswordField {
  return { id, label: id, type, purpose: '', value };
}

/** The secret in an item of ours or of people. Throws `vault_failed` where there is none. */
export function vaultItemOf(item: OnepasswordItem): VaultItem {
  const secret = readerOf(item.category)(item);
  if (secret === null) {
    const detail = `The item in ${ONEPASSWORD_TITLE} holds neither a password nor a secret.`;
    throw new KeyturnError('vault_failed', { detail });
  }
  return { secret, addresses: item.addresses };
}

function readerOf(category: string): (item: OnepasswordItem) => CredentialSecret | null {
  if (category === 'CREDIT_CARD') return card;
  return category === 'SECURE_NOTE' || category === 'API_CREDENTIAL' ? secretValue : login;
}

function login(item: OnepasswordItem): CredentialSecret | null {
  const password = valueIn(item, ({ purpose, id }) => purpose === 'PASSWORD' || id === 'password');
  // A login whose password is empty comes without it.
  if (password === null && item.category !== 'LOGIN') return null;
  const username = valueIn(item, ({ purpose, id }) => purpose === 'USERNAME' || id === 'username');
  const totp = valueIn(item, ({ type }) => type === 'OTP' || type === 'TOTP');
  return passwordSecretOf({ username: username ?? '', password: password ?? '', totp }, restIn(item));
}

function secretValue(item: OnepasswordItem): CredentialSecret | null {
  const own = valueIn(item, ({ id, label }) => [id, label].includes('secret_value'));
  const value = own ?? valueIn(item, ({ id, purpose }) => id === 'credential' || purpose === 'NOTES');
  if (value === null) return null;
  const label = valueIn(item, ({ id, label }) => [id, label].includes('secret_label'));
  return { credential_type: 'secret', secret_value: value, secret_label: label };
}

function card(item: OnepasswordItem): CredentialSecret | null {
  const text = (id: string): string => valueIn(item, (found) => found.id === id) ?? '';
  const own: CardSecret = {
    credential_type: 'credit_card',
    card_number: text('ccnum'),
    card_cvv: text('cvv'),
    ...expiry(text('expiry')),
    card_brand: text('type'),
    card_holder_name: text('cardholder'),
  };
  if (own.card_number === '') return null;
  const rest = restIn(item);
  return rest === null ? own : { ...own, ...parseRest<Partial<CardSecret>>(rest) };
}

/** `203103` of Connect, `03/2031` of the SDK. */
function expiry(text: string): Pick<CardSecret, 'card_exp_month' | 'card_exp_year'> {
  const [, month = '', year = ''] = /^(\d{1,2})\/(\d{2,4})$/.exec(text) ?? [];
  if (month !== '') return { card_exp_month: month, card_exp_year: year };
  return { card_exp_month: text.slice(4), card_exp_year: text.slice(0, 4) };
}

function restIn(item: OnepasswordItem): string | null {
  return valueIn(item, ({ id, label }) => id === REST_FIELD || label === REST_FIELD);
}

/** The first field with a value that is meant. */
function valueIn(item: OnepasswordItem, isMeant: (field: OnepasswordField) => boolean): string | null {
  return item.fields.find((found) => found.value !== '' && isMeant(found))?.value ?? null;
}
