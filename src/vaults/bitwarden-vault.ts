import { setTimeout as delay } from 'node:timers/promises';
import Type, { type Static } from 'typebox';
import { aborted } from '../aborted.ts';
import type { GuardedAnswer } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { parseApiBaseUrl } from './api-base-url.ts';
import { type BitwardenPlace, bitwardenItem, readBitwardenItem } from './bitwarden-item.ts';
import { isNamed, keyText } from './item-name.ts';
import { secretTexts } from './secret-texts.ts';
import type { ItemKey, NewItem, Vault, VaultItem } from './vault.ts';
import { callVault, VAULT_LIMIT_MS, type VaultRequest, vaultWords } from './vault-call.ts';
import type { ParsedConfig, VaultEnvironment, VaultProvider } from './vault-provider.ts';

const TITLE = 'Bitwarden';
/**
 * Milliseconds between looks for what seems not to be there: for some 100 ms after a sync that brought something `bw serve`
 * now and then knows no items at all (3 of 30 times with version 2026.9.0).
 */
const PAUSES_MS = [50, 100, 200, 400, 800];
/** Milliseconds after a sync in which an item may still be told as it was before (1 of 80 times, for some 100 ms). */
const SETTLE_MS = 250;
/** Milliseconds until a sync is by force again: 1.2 s instead of 0.1, most of it waits of `bw serve`. */
const FORCE_MS = 5 * 60_000;
const strict = { additionalProperties: false } as const;
const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const Guid = (description: string) => Type.Optional(Type.String({ pattern: GUID.source, description }));

const BodySchema = Type.Object(
  {
    config: Type.Object(
      {
        api_base_url: Type.String({ maxLength: 2048, description: 'Where `bw serve` listens, or a proxy before it' }),
        master_password: Type.Optional(
          Type.String({ minLength: 1, maxLength: 1000, description: 'Opens a locked vault; left out: others open it' }),
        ),
        api_token: Type.Optional(
          Type.String({ maxLength: 2000, pattern: '^[!-~]+$', description: 'For the proxy: `bw serve` asks for none' }),
        ),
        organization_id: Guid('New items belong to it; with `collection_id`'),
        collection_id: Guid('New items lie in it; with `organization_id`'),
        folder_id: Guid('New items lie in it'),
      },
      strict,
    ),
  },
  strict,
);

interface BitwardenConfig extends BitwardenPlace {
  api_base_url: string;
  master_password: string | null;
  api_token: string | null;
}

type Call = Pick<VaultRequest, 'method' | 'body'> & { path: string; secrets?: readonly string[] };

/**
 * A Bitwarden vault through the Vault Management API of `bw serve`. That process keeps a copy of the vault and learns of
 * changes made elsewhere only when it is told to look (`sync`), so it is told before anything is read or searched.
 */
class BitwardenVault implements Vault {
  readonly type = 'bitwarden';
  readonly writable = true;
  readonly #config: BitwardenConfig;
  readonly #environment: VaultEnvironment;

  constructor(config: BitwardenConfig, environment: VaultEnvironment) {
    this.#config = config;
    this.#environment = environment;
  }

  async create(item: NewItem, signal: AbortSignal): Promise<string> {
    const body = bitwardenItem(item, this.#config);
    const secrets = secretTexts(item.secret);
    const { id } = await this.#call({ method: 'POST', path: '/object/item', body, secrets }, signal);
    if (typeof id !== 'string') throw unexpected();
    this.#environment.background.run((closing) => this.#readBack(item.key.credentialId, id, closing));
    return id;
  }

  async find(key: ItemKey, signal: AbortSignal): Promise<string[]> {
    await this.#sync(signal, { force: true });
    const path = `/list/object/items?search=${encodeURIComponent(keyText(key))}`;
    const found = await this.#look(async () => {
      const { data } = await this.#call({ method: 'GET', path }, signal);
      if (!Array.isArray(data)) throw unexpected();
      // The search takes words in any order and place.
      const ids = data.filter((item) => isNamed(item?.name, key)).map((item) => String(item.id));
      return ids.length > 0 ? ids : null;
    }, signal);
    return found ?? [];
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const path = itemPath(itemId);
    const look = async (force: boolean) => {
      await this.#sync(signal, { force });
      await pauseFor(SETTLE_MS, signal);
      return this.#look(() => foundBy(this.#call({ method: 'GET', path }, signal)), signal);
    };
    const item = (await look(false)) ?? (await look(true));
    if (item === null) throw noItem();
    return readBitwardenItem(TITLE, item);
  }

  async delete(_credentialId: string, itemId: string, signal: AbortSignal): Promise<void> {
    const request: Call = { method: 'DELETE', path: `${itemPath(itemId)}?permanent=true` };
    if (await foundBy(this.#call(request, signal))) return;
    // It may only be missing in the copy.
    await this.#sync(signal, { force: true });
    await this.#look(() => foundBy(this.#call(request, signal)), signal);
  }

  async check(signal: AbortSignal): Promise<void> {
    const { template } = await this.#call({ method: 'GET', path: '/status' }, signal);
    const status = typeof template === 'object' && template !== null && 'status' in template ? template.status : null;
    if (status === 'locked') await this.#unlock(signal);
    else if (status === 'unauthenticated') throw refused('is not logged in; run `bw login`');
    else if (status !== 'unlocked') throw unexpected();
    await this.#sync(signal);
    const { folder_id, organization_id, collection_id } = this.#config;
    const places = { folder: folder_id, organization: organization_id, collection: collection_id };
    for (const [object, id] of Object.entries(places)) {
      if (id === null) continue;
      const path = `/object/${object}/${id}`;
      const found = await this.#look(() => foundBy(this.#call({ method: 'GET', path }, signal)), signal);
      if (found === null) throw refused(`has no ${object} ${id} for this account`);
    }
  }

  /** Has the item told to Bitwarden's other clients and this process; its value is dropped. */
  async #readBack(credentialId: string, itemId: string, closing: AbortSignal): Promise<void> {
    try {
      await this.#environment.recordRead(credentialId);
      await this.read(credentialId, itemId, AbortSignal.any([closing, AbortSignal.timeout(VAULT_LIMIT_MS)]));
    } catch (error) {
      const code = error instanceof KeyturnError ? error.code : 'internal';
      this.#environment.log.warn(
        { vault: this.type, credential_id: credentialId, code },
        'a stored item could not be read back',
      );
    }
  }

  /** Asks until there is something, or it is sure that there is nothing. */
  async #look<Found>(ask: () => Promise<Found | null>, signal: AbortSignal): Promise<Found | null> {
    for (const pause of PAUSES_MS) {
      const found = await ask();
      if (found !== null) return found;
      await pauseFor(pause, signal);
    }
    return ask();
  }

  /**
   * Has `bw serve` look for changes, one call after the other: who asks while another sync is under way gets what that one
   * was sent, be it older than the question, and the time of the question is noted as that of the copy, so that later
   * syncs see no need to look until something else changes. Processes that share a `bw serve` can still meet there: it
   * looks by force now and then, where something is missing, and before it is said that something is gone.
   */
  async #sync(signal: AbortSignal, { force = false } = {}): Promise<void> {
    const { api_base_url: url } = this.#config;
    const before = syncing.get(url);
    const work = (async () => {
      // Where the time is over, the call says so.
      if (before) await Promise.race([before, aborted(signal)]).catch(() => undefined);
      const by = force || performance.now() - (forced.get(url) ?? Number.NEGATIVE_INFINITY) > FORCE_MS;
      await this.#call({ method: 'POST', path: by ? '/sync?force=true' : '/sync' }, signal);
      if (by) forced.set(url, performance.now());
    })();
    const over = Promise.allSettled([before, work]);
    syncing.set(url, over);
    try {
      await work;
    } finally {
      void over.then(() => syncing.get(url) === over && syncing.delete(url));
    }
  }

  /** What an answer holds. A vault that is locked is opened, where we have what opens it, and asked once more. */
  async #call(call: Call, signal: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await this.#send(call, signal);
    if (answer !== LOCKED) return answer;
    let own = false;
    // Again where the first unlocking was somebody else's, and did not open it.
    while (!own) {
      own = await this.#unlock(signal);
      const again = await this.#send(call, signal);
      if (again !== LOCKED) return again;
    }
    throw refused('locked itself again');
  }

  /** True: with our own password; false: another call's unlocking was under way, and is over. */
  async #unlock(signal: AbortSignal): Promise<boolean> {
    const { api_base_url, master_password: password } = this.#config;
    if (password === null) throw refused('is locked, and its configuration holds no master_password');
    const under = unlocking.get(api_base_url);
    if (under) {
      // Where the time is over, the next call says so.
      await Promise.race([under, aborted(signal)]).catch(() => undefined);
      return false;
    }
    // What comes back holds a session key, which is of no use to us.
    const work = this.#send({ method: 'POST', path: '/unlock', body: { password } }, signal);
    unlocking.set(api_base_url, work);
    try {
      await work;
      return true;
    } finally {
      unlocking.delete(api_base_url);
    }
  }

  async #send(call: Call, signal: AbortSignal): Promise<Record<string, unknown> | typeof LOCKED> {
    const { api_base_url, api_token, master_password } = this.#config;
    const { path, secrets = [], ...request } = call;
    const hidden = [...secrets, api_token, master_password].filter((text) => text !== null);
    const answer = await callVault(this.#environment.client, TITLE, {
      ...request,
      url: `${api_base_url}${path}`,
      ...(api_token !== null && { headers: { authorization: `Bearer ${api_token}` } }),
      secrets: hidden,
      signal,
      means: (failure) => meaningOf(failure, path, hidden),
    });
    if (answer === LOCKED) return LOCKED;
    if (typeof answer !== 'object' || answer === null || !('success' in answer) || answer.success !== true) {
      throw unexpected();
    }
    return 'data' in answer && typeof answer.data === 'object' && answer.data !== null ? { ...answer.data } : {};
  }
}

const LOCKED = Symbol('locked');

/** The unlocking under way, by address: two at once collide in the cryptography of `bw serve`, and one of them fails. */
const unlocking = new Map<string, Promise<unknown>>();

/** The syncs under way, by address, and when the last one by force was done, by `performance.now()`. */
const syncing = new Map<string, Promise<unknown>>();
const forced = new Map<string, number>();

/** `bw serve` tells every failure of its own by 400 and a sentence; undefined: it is not one that we know. */
function meaningOf(
  { status, text }: GuardedAnswer,
  path: string,
  secrets: readonly string[],
): typeof LOCKED | undefined {
  if (status !== 400) return undefined;
  const words = vaultWords(text, secrets);
  if (path === '/unlock')
    throw refused(`does not open with the master_password${words === null ? '' : `: “${words}”`}`);
  if (words === 'Vault is locked.') return LOCKED;
  if (words === 'You are not logged in.') throw refused('is not logged in; run `bw login`');
  if (words === 'Not found.') throw noItem();
  return undefined;
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw new KeyturnError('vault_failed', { detail: `${TITLE} did not answer in time.` });
  });
}

/** What a call finds; null: there is no such thing. */
async function foundBy<Found>(call: Promise<Found>): Promise<Found | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'not_found') return null;
    throw error;
  }
}

/** Anything but an id would be taken for words to search by, and lead to another item. */
function itemPath(itemId: string): string {
  if (!GUID.test(itemId)) throw noItem();
  return `/object/item/${itemId}`;
}

function noItem(): KeyturnError {
  return new KeyturnError('not_found', { detail: `${TITLE} has no such item.` });
}

function refused(what: string): KeyturnError {
  return new KeyturnError('vault_refused', { detail: `${TITLE} ${what}.` });
}

function unexpected(): KeyturnError {
  return new KeyturnError('vault_failed', { detail: `${TITLE} answered with something that is not from bw serve.` });
}

/** Bitwarden, and Vaultwarden, through `bw serve`. */
export const bitwardenProvider: VaultProvider<BitwardenConfig> = {
  type: 'bitwarden',
  route: 'bitwarden',
  tokenType: 'bitwarden_serve',
  title: TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<BitwardenConfig> {
    const { config } = body as Static<typeof BodySchema>;
    const { organization_id = null, collection_id = null, folder_id = null } = config;
    const { master_password = null, api_token = null } = config;
    if ((organization_id === null) !== (collection_id === null)) {
      const missing = organization_id === null ? 'organization_id' : 'collection_id';
      const message = 'organization_id and collection_id are given together';
      throw new KeyturnError('invalid_request', { errors: [{ path: `/config/${missing}`, message }] });
    }
    const api_base_url = parseApiBaseUrl(config.api_base_url, '/config/api_base_url');
    const metadata = { api_base_url, organization_id, collection_id, folder_id };
    return {
      config: { ...metadata, master_password, api_token },
      metadata,
      // Of a password that people type not even the end is shown.
      secrets:
        master_password === null ? [api_token].filter((text) => text !== null) : [api_token ?? '', master_password],
    };
  },
  // Ids and searches are the whole account's, whatever the collection or folder of new items.
  place: ({ api_base_url }) => JSON.stringify(api_base_url),
  open: (config, environment) => new BitwardenVault(config, environment),
};
