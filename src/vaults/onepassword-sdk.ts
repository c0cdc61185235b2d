import type { Client, Item } from '@1password/sdk';
import { KeyturnError } from '../errors.ts';
import { optionalPackage } from '../optional-package.ts';
import { type OnepasswordItem, parseItemPlace, ONEPASSWORD_TITLE as TITLE, vaultItemOf } from './onepassword-item.ts';
import { refuseToWrite } from './read-only.ts';
import type { Vault, VaultItem } from './vault.ts';
import { cleanWords } from './vault-call.ts';

export interface ServiceAccountConfig {
  token: string;
  vault_id: string | null;
}

/** The SDK's names of what Connect calls otherwise. */
const CATEGORIES: Record<string, string> = {
  Login: 'LOGIN',
  CreditCard: 'CREDIT_CARD',
  SecureNote: 'SECURE_NOTE',
  ApiCredentials: 'API_CREDENTIAL',
};

/**
 * 1Password by the token of a service account, through its SDK, which decrypts in this process and calls the server
 * that the token names by itself (the provider takes tokens of 1Password's only). It takes no signal: what it still does when the time is over comes to nothing. Only read; writing is
 * Connect's.
 */
export class ServiceAccountVault implements Vault {
  readonly type = 'onepassword';
  readonly writable = false;
  readonly #config: ServiceAccountConfig;

  constructor(config: ServiceAccountConfig) {
    this.#config = config;
  }

  create(): Promise<never> {
    return refuseToWrite(`${TITLE} without a Connect server`);
  }

  find(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const place = parseItemPlace(itemId);
    const item = await this.#ask(signal, async (client) => {
      const vault = only(await client.vaults.list(), place.vault ?? this.#config.vault_id, 'vault');
      const { id } = only(await client.items.list(vault.id), place.item, 'item');
      return client.items.get(vault.id, id);
    });
    return vaultItemOf(sdkItem(item));
  }

  delete(): Promise<never> {
    return refuseToWrite(`${TITLE} without a Connect server`);
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#ask(signal, (client) => client.vaults.list());
  }

  /** A client for each piece of work: it holds the token, and the keys that it derives from it. */
  async #ask<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    const { createClient } = await optionalPackage('@1password/sdk', () => import('@1password/sdk'));
    const { promise: over, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(new KeyturnError('vault_failed', { detail: `${TITLE} did not answer in time.` }));
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      const settings = { auth: this.#config.token, integrationName: 'Keyturn', integrationVersion: 'v1.0.0' };
      return await Promise.race([createClient(settings).then(work), over]);
    } catch (error) {
      throw error instanceof KeyturnError ? error : asOurs(error, this.#config.token);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}

/** The one that is meant by id or title; `wanted` null: the only one there is. */
function only<T extends { id: string; title: string }>(all: readonly T[], wanted: string | null, what: string): T {
  const byId = all.filter(({ id }) => id === wanted);
  const meant = wanted === null ? all : byId.length > 0 ? byId : all.filter(({ title }) => title === wanted);
  const [first] = meant;
  if (first && meant.length === 1) return first;
  if (!first) throw new KeyturnError('not_found', { detail: `${TITLE} has no such ${what}.` });
  throw new KeyturnError('vault_failed', { detail: `${TITLE} has ${meant.length} such ${what}s; name one by its id.` });
}

/** The SDK has no codes for what went wrong, but for one. */
function asOurs(error: unknown, token: string): KeyturnError {
  const message = error instanceof Error ? error.message : String(error);
  const words = cleanWords(message, [token]);
  const detail = words === null ? `${TITLE} did not do what it was asked.` : `${TITLE} answered: “${words}”`;
  if (error instanceof Error && error.constructor.name === 'RateLimitExceededError') {
    return new KeyturnError('vault_busy', { detail });
  }
  if (/not found|couldn't be found|not in an active state/i.test(message))
    return new KeyturnError('not_found', { detail });
  return new KeyturnError(/token|auth|forbidden/i.test(message) ? 'vault_refused' : 'vault_failed', { detail });
}

/** An item of the SDK in the words of Connect. */
export function sdkItem({
  category,
  fields,
  notes,
  websites,
}: Pick<Item, 'category' | 'fields' | 'notes' | 'websites'>): OnepasswordItem {
  const own = fields.map(({ id, title, fieldType, value }) => ({
    id,
    label: title,
    type: fieldType === 'Totp' ? 'OTP' : fieldType.toUpperCase(),
    purpose: '',
    value,
  }));
  const note = { id: 'notesPlain', label: 'notes', type: 'STRING', purpose: 'NOTES', value: notes };
  return {
    category: CATEGORIES[category] ?? category.toUpperCase(),
    fields: [...own, note],
    addresses: websites
      .filter(({ url }) => url !== '')
      .map(({ url, autofillBehavior }) => (autofillBehavior === 'Never' ? null : url)),
  };
}
