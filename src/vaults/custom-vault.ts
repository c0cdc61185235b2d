import Type, { type Static } from 'typebox';
import type { GuardedAnswer } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import { parseApiBaseUrl } from './api-base-url.ts';
import { fieldsOf, itemOf } from './item-fields.ts';
import { keyText } from './item-name.ts';
import { refuseToWrite } from './read-only.ts';
import { secretTexts } from './secret-texts.ts';
import type { ItemKey, NewItem, Vault, VaultItem } from './vault.ts';
import { callVault, isThere, type VaultRequest } from './vault-call.ts';
import type { ParsedConfig, VaultEnvironment, VaultProvider } from './vault-provider.ts';

const TITLE = 'The custom vault service';
const strict = { additionalProperties: false } as const;

const BodySchema = Type.Object(
  {
    config: Type.Object(
      {
        api_base_url: Type.String({ maxLength: 2048, description: 'Items are at it and below it' }),
        api_token: Type.String({ maxLength: 4096, pattern: '^[!-~]+$', description: 'Sent as a bearer token' }),
        read_only: Type.Optional(
          Type.Boolean({
            default: false,
            description: 'The service does without `?name=` or `Idempotency-Key`: its items are read, none is made',
          }),
        ),
      },
      strict,
    ),
  },
  strict,
);

interface CustomConfig {
  api_base_url: string;
  api_token: string;
  read_only: boolean;
}

type Call = Pick<VaultRequest, 'method' | 'body' | 'headers'> & { path: string; secrets?: readonly string[] };

/** A customer's own service, by the contract in the README. */
class CustomVault implements Vault {
  readonly type = 'custom';
  readonly #config: CustomConfig;
  readonly #environment: VaultEnvironment;

  constructor(config: CustomConfig, environment: VaultEnvironment) {
    this.#config = config;
    this.#environment = environment;
  }

  get writable(): boolean {
    return !this.#config.read_only;
  }

  async create(item: NewItem, signal: AbortSignal): Promise<string> {
    if (!this.writable) return refuseToWrite(TITLE);
    const answer = await this.#call(
      {
        method: 'POST',
        path: '',
        headers: { 'idempotency-key': item.key.writeId },
        body: customItem(item),
        secrets: secretTexts(item.secret),
      },
      signal,
    );
    return idIn(answer);
  }

  async find(key: ItemKey, signal: AbortSignal): Promise<string[]> {
    if (!this.writable) return [];
    const name = keyText(key);
    const found = await this.#named(name, signal);
    return found.filter((item) => memberOf(item, 'name') === name).map(idIn);
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const answer = await this.#call({ method: 'GET', path: itemPath(itemId) }, signal);
    const type = memberOf(answer, 'type');
    if (typeof answer !== 'object' || answer === null || typeof type !== 'string')
      throw unexpected('an item with a type');
    const { allowed_origins: urls, ...fields } = answer as Record<string, unknown>;
    return itemOf(TITLE, { ...fields, credential_type: type.toLowerCase(), urls });
  }

  async delete(_credentialId: string, itemId: string, signal: AbortSignal): Promise<void> {
    if (!this.writable) return refuseToWrite(TITLE);
    await isThere(this.#call({ method: 'DELETE', path: itemPath(itemId) }, signal));
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#call({ method: 'GET', path: '' }, signal);
    if (!this.writable) return;
    // A service that does not look at `name` answers with everything, or with something else.
    const nobodys = await this.#named(newId('vaultWrite'), signal);
    if (nobodys.length > 0)
      throw unexpected('no item for a name that none has; set read_only if it cannot search by name');
  }

  async #named(name: string, signal: AbortSignal): Promise<unknown[]> {
    const answer = await this.#call({ method: 'GET', path: `?name=${encodeURIComponent(name)}` }, signal);
    if (!Array.isArray(answer)) throw unexpected('a list of items by name; set read_only if it cannot search by name');
    return answer;
  }

  #call({ path, headers, secrets = [], ...request }: Call, signal: AbortSignal): Promise<unknown> {
    const { api_base_url, api_token } = this.#config;
    return callVault(this.#environment.client, TITLE, {
      ...request,
      url: `${api_base_url}${path}`,
      headers: { authorization: `Bearer ${api_token}`, ...headers },
      secrets: [api_token, ...secrets],
      signal,
      ...(!path.startsWith('/') && { means: noService }),
    });
  }
}

/** What is sent for an item: its fields by the names of the API, and in `keyturn` what those have no place for. */
function customItem(item: NewItem) {
  const { credential_type: type, name: _name, urls, ...fields } = fieldsOf(item);
  // The name is for `find`, which a service may well answer by plain comparison.
  const common = { name: keyText(item.key), type };
  if (item.secret.credential_type !== 'password') return { ...common, ...fields };
  return { ...common, ...fields, totp: item.secret.totp, allowed_origins: urls };
}

/** 404 at the base address is not about an item. */
function noService({ status }: GuardedAnswer): undefined {
  if (status !== 404) return;
  throw new KeyturnError('vault_failed', { detail: `${TITLE} answered 404: there is nothing at its api_base_url.` });
}

/** The path of an item. The URL parser would follow dots upwards, and nothing would be the base address. */
function itemPath(itemId: string): string {
  if (/^\.{0,2}$/.test(itemId)) throw new KeyturnError('not_found', { detail: `${TITLE} has no such item.` });
  return `/${encodeURIComponent(itemId)}`;
}

function idIn(value: unknown): string {
  const id = memberOf(value, 'id');
  if (typeof id === 'number' || (typeof id === 'string' && id !== '')) return String(id);
  throw unexpected('the id of an item');
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function unexpected(wanted: string): KeyturnError {
  return new KeyturnError('vault_failed', { detail: `${TITLE} did not answer with ${wanted}.` });
}

/** A customer's own service. */
export const customProvider: VaultProvider<CustomConfig> = {
  type: 'custom',
  route: 'custom_credential',
  tokenType: 'custom_credential_service',
  title: TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<CustomConfig> {
    const { config } = body as Static<typeof BodySchema>;
    const { api_token, read_only = false } = config;
    const metadata = { api_base_url: parseApiBaseUrl(config.api_base_url, '/config/api_base_url'), read_only };
    return { config: { ...metadata, api_token }, metadata, secrets: [api_token] };
  },
  place: ({ api_base_url, read_only }) => (read_only ? null : JSON.stringify(api_base_url)),
  open: (config, environment) => new CustomVault(config, environment),
};
