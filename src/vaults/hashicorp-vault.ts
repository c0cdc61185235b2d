import Type, { type Static } from 'typebox';
import type { GuardedAnswer, GuardedClient } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { parseApiBaseUrl } from './api-base-url.ts';
import { fieldsOf, type ItemFields, itemOf } from './item-fields.ts';
import { secretTexts } from './secret-texts.ts';
import type { ItemKey, NewItem, Vault, VaultItem } from './vault.ts';
import { callVault, isThere, type VaultRequest, vaultWords } from './vault-call.ts';
import type { ParsedConfig, VaultProvider } from './vault-provider.ts';

const TITLE = 'HashiCorp Vault';
/** Parts between slashes, none of them only dots: those would lead up and out. */
const PLACE = Type.String({ maxLength: 200, pattern: '^(?!\\.+(/|$))[\\w.-]+(/(?!\\.+(/|$))[\\w.-]+)*$' });

const BodySchema = Type.Object(
  {
    config: Type.Object(
      {
        api_base_url: Type.String({ maxLength: 2048, description: 'Where the server listens, without /v1' }),
        token: Type.String({ maxLength: 2000, pattern: '^[!-~]+$' }),
        mount: Type.Optional(
          Type.String({ ...PLACE, description: 'Mount of a key-value engine of version 2', default: 'secret' }),
        ),
        path: Type.Optional(Type.String({ ...PLACE, description: 'The items lie below it', default: 'keyturn' })),
        namespace: Type.Optional(PLACE),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

interface HashicorpConfig {
  api_base_url: string;
  token: string;
  mount: string;
  path: string;
  namespace: string | null;
}

/**
 * The key-value engine of version 2 of HashiCorp Vault and of OpenBao, whose HTTP API is the same. An item's id is its
 * path below the configured one; ours are named by their key, so that finding one is a read of its metadata.
 */
class HashicorpVault implements Vault {
  readonly type = 'hashicorp';
  readonly writable = true;
  readonly #config: HashicorpConfig;
  readonly #client: GuardedClient;

  constructor(config: HashicorpConfig, client: GuardedClient) {
    this.#config = config;
    this.#client = client;
  }

  async create(item: NewItem, signal: AbortSignal): Promise<string> {
    const id = idOf(item.key);
    await this.#call('POST', 'data', id, signal, {
      // Nothing is written over; it is also what an engine with `cas_required` insists on.
      body: { options: { cas: 0 }, data: fieldsOf(item) },
      secrets: secretTexts(item.secret),
      // A key is new for every write: what lies there already is this very item.
      means: (answer) => (answer.status === 400 && /check-and-set/.test(answer.text) ? id : undefined),
    });
    return id;
  }

  async find(key: ItemKey, signal: AbortSignal): Promise<string[]> {
    const id = idOf(key);
    return (await isThere(this.#call('GET', 'metadata', id, signal))) ? [id] : [];
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const answer = (await this.#call('GET', 'data', itemId, signal)) as { data?: { data?: unknown } } | null;
    const fields = answer?.data?.data;
    if (typeof fields !== 'object' || fields === null) {
      throw new KeyturnError('vault_failed', { detail: `${TITLE} answered without the data of the item.` });
    }
    return itemOf(TITLE, fields as ItemFields);
  }

  /** With all versions and the metadata. */
  async delete(_credentialId: string, itemId: string, signal: AbortSignal): Promise<void> {
    await isThere(this.#call('DELETE', 'metadata', itemId, signal));
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#send({
      method: 'GET',
      url: `${this.#config.api_base_url}/v1/auth/token/lookup-self`,
      signal,
      secrets: [],
    });
  }

  #call(
    method: VaultRequest['method'],
    part: 'data' | 'metadata',
    id: string,
    signal: AbortSignal,
    more: Partial<Pick<VaultRequest, 'body' | 'secrets' | 'means'>> = {},
  ): Promise<unknown> {
    const { api_base_url, mount, path } = this.#config;
    const segments = [...mount.split('/'), part, ...path.split('/'), ...segmentsOf(id)].map(encodeURIComponent);
    return this.#send({ method, url: `${api_base_url}/v1/${segments.join('/')}`, signal, secrets: [], ...more });
  }

  #send(request: VaultRequest): Promise<unknown> {
    const { token, namespace } = this.#config;
    return callVault(this.#client, TITLE, {
      ...request,
      headers: {
        'x-vault-token': token,
        // A Vault Agent in between may insist on it.
        'x-vault-request': 'true',
        ...(namespace !== null && { 'x-vault-namespace': namespace }),
      },
      secrets: [token, ...request.secrets],
      means: (answer) => request.means?.(answer) ?? misplaced(answer, token),
    });
  }
}

function idOf({ credentialId, writeId }: ItemKey): string {
  return `${credentialId}-${writeId}`;
}

/** The parts of an item's path. The URL parser would follow dots upwards, to what the configuration does not name. */
function segmentsOf(id: string): string[] {
  const segments = id.split('/');
  if (segments.every((segment) => !/^\.{0,2}$/.test(segment))) return segments;
  throw new KeyturnError('not_found', { detail: `${TITLE} has no such item.` });
}

/** 404 says that there is no such item, or no version of it any more; with an error in it, that there is no such engine. */
function misplaced({ status, text }: GuardedAnswer, token: string): undefined {
  if (status !== 404 || isAbsence(text)) return undefined;
  const words = vaultWords(text, [token]);
  throw new KeyturnError('vault_failed', { detail: `${TITLE} answered 404${words === null ? '.' : `: “${words}”`}` });
}

function isAbsence(text: string): boolean {
  try {
    const { errors, data } = JSON.parse(text) as { errors?: unknown; data?: unknown };
    return Array.isArray(errors) ? errors.length === 0 : data !== undefined;
  } catch {
    return false;
  }
}

/** HashiCorp Vault and OpenBao. */
export const hashicorpProvider: VaultProvider<HashicorpConfig> = {
  type: 'hashicorp',
  route: 'hashicorp',
  tokenType: 'hashicorp_vault_token',
  title: TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<HashicorpConfig> {
    const { config } = body as Static<typeof BodySchema>;
    const { token, mount = 'secret', path = 'keyturn', namespace = null } = config;
    const api_base_url = parseApiBaseUrl(config.api_base_url, '/config/api_base_url');
    const metadata = { api_base_url, mount, path, namespace };
    return { config: { ...metadata, token }, metadata, secrets: [token] };
  },
  place: ({ api_base_url, namespace, mount, path }) => JSON.stringify([api_base_url, namespace, mount, path]),
  open: (config, { client }) => new HashicorpVault(config, client),
};
