import { KeyturnError } from '../errors.ts';
import { passwordSecretOf, REST_FIELD, restOf } from './item-rest.ts';
import type { CodeSource, CredentialSecret, NewItem, VaultItem } from './vault.ts';

/** An item as named fields, for vaults that give an item no form of their own. */
export type ItemFields = Record<string, unknown>;

/** The names people give to what we call by the first of them. */
const USERNAME = ['username', 'user', 'login', 'email'];
const TOTP = ['totp', 'otp', 'totp_secret'];
const ADDRESSES = ['urls', 'url', 'uris', 'uri', 'website'];
const SECRET = ['secret_value', 'value', 'secret', 'token', 'api_key'];
const CARD = [
  'card_number',
  'card_cvv',
  'card_exp_month',
  'card_exp_year',
  'card_brand',
  'card_holder_name',
] as const satisfies (keyof Extract<CredentialSecret, { credential_type: 'credit_card' }>)[];

/** The fields of an item to be: those of its type by name, readable for people, and the rest of a password as one. */
export function fieldsOf({ name, secret, codes, origins }: NewItem): ItemFields {
  const common = { credential_type: secret.credential_type, name, urls: [...origins] };
  if (secret.credential_type !== 'password') return { ...common, ...secret };
  const { username, password, totp } = secret;
  const rest = restOf(secret);
  return {
    ...common,
    username,
    password,
    ...(totp !== null && { totp }),
    ...codes,
    ...(rest !== null && { [REST_FIELD]: rest }),
  };
}

/** The item in fields of ours, or in those of people, who name no type. Throws `vault_failed` where there is none. */
export function itemOf(title: string, fields: ItemFields): VaultItem {
  const secret = readerOf(fields)?.(fields) ?? null;
  if (secret === null) {
    throw new KeyturnError('vault_failed', { detail: `The item in ${title} holds neither a password nor a secret.` });
  }
  const codes = secret.credential_type === 'password' ? codesIn(fields) : null;
  return { secret, ...(codes && { codes }), addresses: addressesIn(fields) };
}

type Reader = (fields: ItemFields) => CredentialSecret | null;

const READERS: Record<CredentialSecret['credential_type'], Reader> = { password: password, credit_card: card, secret };

function readerOf(fields: ItemFields): Reader | null {
  const type = textOf(fields, ['credential_type']);
  if (type !== null) return Object.entries(READERS).find(([name]) => name === type)?.[1] ?? null;
  if (textOf(fields, ['password']) !== null) return password;
  return textOf(fields, ['card_number']) === null ? secret : card;
}

function password(fields: ItemFields): CredentialSecret | null {
  const text = textOf(fields, ['password']);
  if (text === null) return null;
  const own = { username: textOf(fields, USERNAME) ?? '', password: text, totp: textOf(fields, TOTP) };
  return passwordSecretOf(own, textOf(fields, [REST_FIELD]));
}

function card(fields: ItemFields): CredentialSecret | null {
  const texts = CARD.map((name) => [name, textOf(fields, [name])] as const);
  if (textOf(fields, ['card_number']) === null) return null;
  const own = Object.fromEntries(texts.map(([name, text]) => [name, text ?? ''])) as Record<
    (typeof CARD)[number],
    string
  >;
  return { credential_type: 'credit_card', ...own };
}

function secret(fields: ItemFields): CredentialSecret | null {
  const text = textOf(fields, SECRET);
  if (text === null) return null;
  return { credential_type: 'secret', secret_value: text, secret_label: textOf(fields, ['secret_label']) };
}

/** The first of the fields that is there. */
function textOf(fields: ItemFields, names: readonly string[]): string | null {
  const found = names.map((name) => (Object.hasOwn(fields, name) ? fields[name] : undefined));
  const text = found.find((value) => typeof value === 'string' || typeof value === 'number');
  return text === undefined ? null : String(text);
}

function codesIn(fields: ItemFields): CodeSource | null {
  const totp_type = textOf(fields, ['totp_type']) || null;
  const totp_identifier = textOf(fields, ['totp_identifier']) || null;
  return totp_type === null && totp_identifier === null ? null : { totp_type, totp_identifier };
}

function addressesIn(fields: ItemFields): (string | null)[] {
  const values = ADDRESSES.flatMap((name) => (Object.hasOwn(fields, name) ? fields[name] : []));
  const named = values.filter((value) => value !== undefined && value !== null && value !== '');
  return named.map((value) => (typeof value === 'string' ? value : null));
}
