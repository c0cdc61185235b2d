import type { CredentialType, CredentialView } from '../credentials/credential.ts';
import { originsOf } from '../credentials/link-item.ts';
import { parseSecret } from '../credentials/parse-secret.ts';
import { KeyturnError } from '../errors.ts';
import type { ImportedItem } from './imported-item.ts';
import { identityOf, KnownLogins } from './known-logins.ts';

const MAX_NAME = 200;
const MAX_ORIGINS = 50;

/** What becomes of one item. Nothing in it but `credential` is secret. */
export interface PlannedItem {
  name: string;
  /** Null: nothing becomes of it. */
  type: CredentialType | null;
  username: string | null;
  /** Where the secret may be typed. */
  origins: string[];
  secondFactor: boolean;
  leftOut: string[];
  /** Why it is left where it is; null: it comes. */
  skipped: string | null;
  /** The `credential` member of the request that makes it; empty for one that is skipped. */
  credential: Record<string, unknown>;
}

/**
 * Items in the order of the file, each with what becomes of it: what the API would refuse, and what is there already
 * unless duplicates are kept, is skipped with the reason.
 */
export function planImport(
  items: readonly ImportedItem[],
  existing: readonly CredentialView[],
  duplicates: 'skip' | 'keep',
): PlannedItem[] {
  const known = new KnownLogins();
  for (const view of existing) known.add(identityOf(view), `the credential ${view.credential_id}`);
  return items.map((item) => {
    const planned = planItem(item);
    const { type, name, username, origins, credential } = planned;
    if (type === null || planned.skipped !== null) return planned;
    const lastFour = textIn(credential, 'card_number').replace(/\D/g, '').slice(-4);
    const identity = { type, name, username, origins, lastFour };
    const same = known.find(identity);
    if (same !== null && duplicates === 'skip') return skip(planned, `it is the same as ${same}`);
    known.add(identity, 'an earlier item of the file');
    return planned;
  });
}

function textIn(credential: PlannedItem['credential'], name: string): string {
  const value = credential[name];
  return typeof value === 'string' ? value : '';
}

function skip(planned: PlannedItem, reason: string): PlannedItem {
  return { ...planned, skipped: reason, credential: {} };
}

function planItem(item: ImportedItem): PlannedItem {
  const found = originsOf(item.addresses);
  const origins = found ?? [];
  const username = 'username' in item ? item.username || null : null;
  const planned: PlannedItem = {
    name: nameOf(item.name, origins, username),
    type: null,
    username,
    origins,
    secondFactor: item.kind === 'login' && item.totp !== null,
    leftOut: item.leftOut,
    skipped: null,
    credential: {},
  };
  if (item.kind === 'none') return skip(planned, item.reason);
  const [type, credential] = credentialOf(item, origins);
  const whole = { ...planned, type, credential };
  const fault = faultOf(item, found) ?? refusalOf(type, credential);
  return fault === null ? whole : skip(whole, fault);
}

/** One line that people know it by. */
function nameOf(given: string, origins: readonly string[], username: string | null): string {
  const host = URL.parse(origins[0] ?? '')?.host;
  const lines = [given, host ?? '', username ?? '', 'without a name'].map((text) =>
    text
      .toWellFormed()
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
  );
  const name = lines.find((line) => line !== '') ?? '';
  // Not through the middle of a character.
  return name
    .slice(0, MAX_NAME)
    .replace(/[\ud800-\udbff]$/, '')
    .trim();
}

type Coming = Exclude<ImportedItem, { kind: 'none' }>;

function credentialOf(item: Coming, origins: readonly string[]): [CredentialType, PlannedItem['credential']] {
  if (item.kind === 'card') return ['credit_card', { ...item.card }];
  if (item.kind === 'secret') return ['secret', { secret_value: item.value }];
  const { username, password, totp } = item;
  return [
    'password',
    {
      ...(username !== '' && { username }),
      password,
      ...(totp !== null && { totp }),
      ...(origins.length > 0 && { allowed_origins: origins }),
    },
  ];
}

/** What the API would not mind and is not meant. */
function faultOf(item: Coming, origins: readonly string[] | null): string | null {
  if (item.kind === 'card') {
    const empty = Object.entries(item.card).filter(([, value]) => value === '');
    const names = empty.map(([name]) => name.replace('card_', '').replaceAll('_', ' '));
    return names.length === 0 ? null : `the card has no ${names.join(', ')}`;
  }
  if (item.kind === 'login' && origins === null) return 'none of its addresses is a web address (http or https)';
  return origins !== null && origins.length > MAX_ORIGINS ? `it has more than ${MAX_ORIGINS} addresses` : null;
}

/** Why the API would refuse it, without its values; null: it would not. */
function refusalOf(type: CredentialType, credential: PlannedItem['credential']): string | null {
  try {
    parseSecret(type, credential);
    return null;
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    const [first] = error.errors ?? [];
    if (!first) return error.message.replace(/^The /, 'the ').replace(/\.$/, '');
    const member = first.path.split('/')[2]?.replaceAll('_', ' ');
    const pattern = first.message.startsWith('must match');
    return `its ${member} ${pattern ? 'has signs in it, or a form, that is not accepted' : first.message}`;
  }
}
