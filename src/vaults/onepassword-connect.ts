import type { GuardedClient } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { isNamed, itemName } from './item-name.ts';
import {
  type OnepasswordField,
  type OnepasswordItem,
  onepasswordItemOf,
  parseItemPlace,
  ONEPASSWORD_TITLE as TITLE,
  vaultItemOf,
} from './onepassword-item.ts';
import { secretTexts } from './secret-texts.ts';
import type { ItemKey, NewItem, Vault, VaultItem } from './vault.ts';
import { callVault, isThere, type VaultRequest } from './vault-call.ts';

export interface ConnectConfig {
  api_base_url: string;
  token: string;
  /** Null: the only vault the token reaches. */
  vault_id: string | null;
}

/** 1Password's own ids of vaults and items. */
const ID = /^[a-z0-9]{26}$/;

/**
 * A Connect server's REST API. Our items are titled by their key alone, since the server finds items by their whole
 * title only; the credential's name is one of the fields. What is deleted lies in 1Password's "Recently Deleted" for
 * 30 days, which the API cannot empty; it is neither found nor read from there.
 */
export class ConnectVault implements Vault {
  readonly type = 'onepassword';
  readonly writable = true;
  readonly #config: ConnectConfig;
  readonly #client: GuardedClient;

  constructor(config: ConnectConfig, client: GuardedClient) {
    this.#config = config;
    this.#client = client;
  }

  async create(item: NewItem, signal: AbortSignal): Promise<string> {
    const vault = await this.#vaultId(null, signal);
    const { category, fields, addresses } = onepasswordItemOf(item);
    const made = await this.#call('POST', ['vaults', vault, 'items'], signal, {
      body: {
        vault: { id: vault },
        title: titleOf(item.key),
        category,
        fields: fields.map(({ purpose, ...field }) => ({ ...field, ...(purpose !== '' && { purpose }) })),
        urls: addresses.map((href, index) => ({ href, primary: index === 0 })),
      },
      secrets: secretTexts(item.secret),
    });
    return `${vault}/${idIn(made)}`;
  }

  async find(key: ItemKey, signal: AbortSignal): Promise<string[]> {
    const vault = await this.#vaultId(null, signal);
    const found = await this.#itemsTitled(vault, titleOf(key), signal);
    // A server that does not know the filter answers with all items.
    return found.filter(({ title }) => isNamed(title, key)).map((item) => `${vault}/${idIn(item)}`);
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    return vaultItemOf(connectItem(await this.#call('GET', await this.#itemPath(itemId, signal), signal)));
  }

  async delete(_credentialId: string, itemId: string, signal: AbortSignal): Promise<void> {
    const call = async () => this.#call('DELETE', await this.#itemPath(itemId, signal), signal);
    await isThere(call());
  }

  async check(signal: AbortSignal): Promise<void> {
    const vault = await this.#vaultId(null, signal);
    if (await isThere(this.#call('GET', ['vaults', vault], signal))) return;
    throw this.#noVault(`${TITLE} has no vault "${vault}" that the token reaches.`);
  }

  /** The id of a vault named by id or name, else of the configured one, else of the only one there is. */
  async #vaultId(named: string | null, signal: AbortSignal): Promise<string> {
    const wanted = named ?? this.#config.vault_id;
    if (wanted !== null && ID.test(wanted)) return wanted;
    const filter = wanted === null ? '' : `?filter=${encodeURIComponent(`name eq ${quoted(wanted)}`)}`;
    const vaults = list(await this.#call('GET', ['vaults'], signal, {}, filter));
    const meant = wanted === null ? vaults : vaults.filter(({ name }) => name === wanted);
    const [only] = meant;
    if (only && meant.length === 1) return idIn(only);
    if (wanted === null)
      throw this.#noVault(`Name the vault of ${TITLE} by vault_id: the token reaches ${meant.length}.`);
    throw this.#noVault(`${TITLE} has ${meant.length} vaults of the name "${wanted}" that the token reaches, not one.`);
  }

  #noVault(detail: string): KeyturnError {
    return new KeyturnError('vault_not_configured', { detail });
  }

  async #itemPath(itemId: string, signal: AbortSignal): Promise<string[]> {
    const place = parseItemPlace(itemId);
    const vault = await this.#vaultId(place.vault, signal);
    if (ID.test(place.item)) return ['vaults', vault, 'items', place.item];
    const titled = await this.#itemsTitled(vault, place.item, signal);
    const meant = titled.filter(({ title }) => title === place.item);
    const [only] = meant;
    if (only && meant.length === 1) return ['vaults', vault, 'items', idIn(only)];
    if (!only) throw new KeyturnError('not_found', { detail: `${TITLE} has no such item.` });
    throw new KeyturnError('vault_failed', {
      detail: `${TITLE} has ${meant.length} items of this title; name one by its id.`,
    });
  }

  /** 404 is about the vault here, which must not read as "no such item". */
  async #itemsTitled(vault: string, title: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
    const filter = `?filter=${encodeURIComponent(`title eq ${quoted(title)}`)}`;
    const means: VaultRequest['means'] = ({ status }) => {
      if (status === 404) throw this.#noVault(`${TITLE} has no vault "${vault}" that the token reaches.`);
    };
    return list(await this.#call('GET', ['vaults', vault, 'items'], signal, { means }, filter));
  }

  #call(
    method: VaultRequest['method'],
    path: readonly string[],
    signal: AbortSignal,
    more: Partial<Pick<VaultRequest, 'body' | 'secrets' | 'means'>> = {},
    query = '',
  ): Promise<unknown> {
    const { api_base_url, token } = this.#config;
    return callVault(this.#client, TITLE, {
      method,
      url: `${api_base_url}/v1/${path.map(encodeURIComponent).join('/')}${query}`,
      headers: { authorization: `Bearer ${token}` },
      signal,
      ...more,
      secrets: [token, ...(more.secrets ?? [])],
    });
  }
}

function titleOf(key: ItemKey): string {
  return itemName('Keyturn', key);
}

/** A text in a filter (RFC 7644 §3.4.2.2: as a JSON string). */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function unreadable(): KeyturnError {
  return new KeyturnError('vault_failed', { detail: `${TITLE} answered with something that is no item or vault.` });
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw unreadable();
  return value as Record<string, unknown>;
}

function list(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) throw unreadable();
  return value.map(record);
}

function idIn(value: unknown): string {
  const { id } = record(value);
  if (typeof id !== 'string' || id === '') throw unreadable();
  return id;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function connectItem(answer: unknown): OnepasswordItem {
  const { category, fields = [], urls = [] } = record(answer);
  const read = ({ id, label, type, purpose, value }: Record<string, unknown>): OnepasswordField => ({
    id: text(id),
    label: text(label),
    type: text(type),
    purpose: text(purpose),
    value: text(value),
  });
  const addresses = list(urls).map(({ href }) => text(href));
  return {
    category: text(category),
    fields: list(fields).map(read),
    addresses: addresses.filter((href) => href !== ''),
  };
}
