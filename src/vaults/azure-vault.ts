import type { AccessToken, TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import Type, { type Static } from 'typebox';
import { KeyturnError } from '../errors.ts';
import { optionalPackage } from '../optional-package.ts';
import { parseApiBaseUrl } from './api-base-url.ts';
import { AzureHttp, AZURE_TITLE as TITLE } from './azure-http.ts';
import { fieldsOf, type ItemFields, itemOf } from './item-fields.ts';
import { secretTexts } from './secret-texts.ts';
import type { ItemKey, NewItem, Vault, VaultItem } from './vault.ts';
import { isThere } from './vault-call.ts';
import type { ParsedConfig, VaultEnvironment, VaultProvider } from './vault-provider.ts';

/** An id, or for a tenant its domain. */
const NAME = '^[0-9A-Za-z.-]{1,200}$';
/** What Azure takes as the name of a secret. */
const SECRET_NAME = /^[0-9A-Za-z-]{1,127}$/;
/** A token is used no longer than until so many milliseconds before it ends. */
const TOKEN_MARGIN_MS = 120_000;
const POLL_MS = 500;

const BodySchema = Type.Object(
  {
    credential: Type.Object(
      {
        tenant_id: Type.String({ pattern: NAME }),
        client_id: Type.String({ pattern: NAME }),
        client_secret: Type.String({ minLength: 1, maxLength: 2000 }),
        vault_url: Type.Optional(Type.String({ maxLength: 2048, description: 'Such as https://name.vault.azure.net' })),
        authority_host: Type.Optional(
          Type.String({ maxLength: 2048, description: 'Of a cloud other than the public' }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

interface AzureConfig {
  tenant_id: string;
  client_id: string;
  client_secret: string;
  /** Null: the operator's. */
  vault_url: string | null;
  authority_host: string | null;
}

/**
 * Azure Key Vault through Azure's own packages, which are loaded when they are first needed. A secret is named by its
 * key, in the letters Azure takes, and tagged with the credential; its value is the fields as JSON.
 */
class AzureVault implements Vault {
  readonly type = 'azure_vault';
  readonly writable = true;
  readonly #config: AzureConfig;
  readonly #environment: VaultEnvironment;
  readonly #tokens = new Map<string, AccessToken>();

  constructor(config: AzureConfig, environment: VaultEnvironment) {
    this.#config = config;
    this.#environment = environment;
  }

  async create(item: NewItem, signal: AbortSignal): Promise<string> {
    const name = nameOf(item.key);
    const tags = { credential_id: item.key.credentialId, name: item.name.slice(0, 256) };
    const value = JSON.stringify(fieldsOf(item));
    const secrets = [value, ...secretTexts(item.secret)];
    await this.#ask(signal, secrets, (client) =>
      client.setSecret(name, value, { contentType: 'application/json', tags, abortSignal: signal }),
    );
    return name;
  }

  /** Asks for its versions, which come without values. */
  async find(key: ItemKey, signal: AbortSignal): Promise<string[]> {
    const name = nameOf(key);
    let found = false;
    await isThere(
      this.#ask(signal, [], async (client) => {
        const versions = client.listPropertiesOfSecretVersions(name, { abortSignal: signal });
        found = (await versions.next()).done !== true;
      }),
    );
    return found ? [name] : [];
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const name = namedBy(itemId);
    const { value, properties } = await this.#ask(signal, [], (client) =>
      client.getSecret(name, { abortSignal: signal }),
    );
    if (typeof value !== 'string') {
      throw new KeyturnError('vault_failed', { detail: `${TITLE} answered without the value of the secret.` });
    }
    return itemOf(TITLE, fieldsIn(value, properties.tags ?? {}));
  }

  /** Purged as well; where that is forbidden, Azure keeps the secret recoverable for its time, and the log says so. */
  async delete(_credentialId: string, itemId: string, signal: AbortSignal): Promise<void> {
    const name = namedBy(itemId);
    await isThere(
      this.#ask(signal, [], async (client) => {
        const poller = await client.beginDeleteSecret(name, { abortSignal: signal, intervalInMs: POLL_MS });
        await poller.pollUntilDone();
      }),
    );
    // Also where it was not there: an earlier deletion may have come no further.
    try {
      await isThere(this.#ask(signal, [], (client) => client.purgeDeletedSecret(name, { abortSignal: signal })));
    } catch (error) {
      if (!(error instanceof KeyturnError && error.code === 'vault_refused')) throw error;
      this.#environment.log.info({ item_id: name }, 'The deleted secret can be recovered: it may not be purged here.');
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#ask(signal, [], (client) => client.listPropertiesOfSecrets({ abortSignal: signal }).next());
  }

  /**
   * A client for each piece of work: a longer one refreshes its token behind our back, where an error would end the
   * process. The token is kept here.
   */
  async #ask<T>(
    signal: AbortSignal,
    secrets: readonly string[],
    work: (client: SecretClient) => Promise<T>,
  ): Promise<T> {
    const { authority_host, tenant_id, client_id, client_secret } = this.#config;
    const vaultUrl = this.#config.vault_url ?? this.#environment.azureVaultUrl ?? null;
    if (vaultUrl === null) {
      const detail = `Name the ${TITLE} by vault_url, or for all organizations by KEYTURN_AZURE_VAULT_URL.`;
      throw new KeyturnError('vault_not_configured', { detail });
    }
    const { ClientSecretCredential, SecretClient, createHttpHeaders } = await azurePackages();
    const call = { vaultUrl, signal, secrets: [client_secret, ...secrets] };
    const http = new AzureHttp(this.#environment.client, createHttpHeaders, call);
    const options = { httpClient: http, retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } };
    try {
      const credential = new ClientSecretCredential(tenant_id, client_id, client_secret, {
        ...options,
        // It would ask the public cloud about an authority that is not its own.
        ...(authority_host !== null && { authorityHost: authority_host, disableInstanceDiscovery: true }),
      });
      const client = new SecretClient(vaultUrl, this.#remembering(credential), {
        ...options,
        disableChallengeResourceVerification: isLoopback(vaultUrl),
      });
      return await work(client);
    } catch {
      const failure = http.failure ?? new KeyturnError('vault_failed', { detail: `${TITLE} was not understood.` });
      if (failure.code === 'vault_refused') this.#tokens.clear();
      throw failure;
    }
  }

  #remembering(credential: TokenCredential): TokenCredential {
    const { tenant_id } = this.#config;
    return {
      getToken: async (scopes, options) => {
        const scope = [scopes].flat().join(' ');
        const known = this.#tokens.get(scope);
        const lasts = known !== undefined && known.expiresOnTimestamp - TOKEN_MARGIN_MS > Date.now();
        if (lasts && options?.claims === undefined) return known;
        // The vault names its tenant by an id, which the SDK would not take for the domain that was configured.
        const token = await credential.getToken(scopes, { ...options, tenantId: tenant_id });
        if (token) this.#tokens.set(scope, token);
        return token;
      },
    };
  }
}

async function azurePackages() {
  const load = async () => {
    const [{ ClientSecretCredential }, { SecretClient }, { createHttpHeaders }, { setLogLevel }] = await Promise.all([
      import('@azure/identity'),
      import('@azure/keyvault-secrets'),
      import('@azure/core-rest-pipeline'),
      import('@azure/logger'),
    ]);
    // AZURE_LOG_LEVEL would have it write beside our log.
    setLogLevel();
    return { ClientSecretCredential, SecretClient, createHttpHeaders };
  };
  return optionalPackage('@azure/identity @azure/keyvault-secrets', load);
}

function nameOf({ credentialId, writeId }: ItemKey): string {
  return `keyturn-${credentialId}-${writeId}`.replaceAll('_', '-');
}

function namedBy(itemId: string): string {
  if (SECRET_NAME.test(itemId)) return itemId;
  throw new KeyturnError('not_found', { detail: `${TITLE} names no secret so.` });
}

/** A value that is no JSON object is the secret itself, or the password of the user that a tag names. */
function fieldsIn(value: string, tags: Record<string, string>): ItemFields {
  try {
    const fields: unknown = JSON.parse(value);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as ItemFields;
  } catch {
    // Not ours.
  }
  return { ...tags, [tags.username === undefined ? 'secret_value' : 'password']: value };
}

/** Only an emulator is there, whose name has no part in common with what the token is for. */
function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

function httpsUrl(text: string, path: string): string {
  const url = parseApiBaseUrl(text, path);
  if (url.startsWith('https:')) return url;
  throw new KeyturnError('invalid_request', { errors: [{ path, message: 'must be an https address' }] });
}

/** Azure Key Vault. */
export const azureProvider: VaultProvider<AzureConfig> = {
  type: 'azure_vault',
  route: 'azure_credential',
  tokenType: 'azure_client_secret_credential',
  title: TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<AzureConfig> {
    const { tenant_id, client_id, client_secret, ...urls } = (body as Static<typeof BodySchema>).credential;
    const vault_url = urls.vault_url === undefined ? null : httpsUrl(urls.vault_url, '/credential/vault_url');
    const authority_host =
      urls.authority_host === undefined ? null : httpsUrl(urls.authority_host, '/credential/authority_host');
    const metadata = { tenant_id, client_id, vault_url, authority_host };
    return { config: { ...metadata, client_secret }, metadata, secrets: [client_secret] };
  },
  place: ({ vault_url }) => JSON.stringify(vault_url),
  open: (config, environment) => new AzureVault(config, environment),
};
