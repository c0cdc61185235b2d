import { JsonService, type ServiceAnswer, type ServiceRequest, type Trouble } from './json-service.ts';

interface Secret {
  value: string;
  contentType?: string;
  tags?: Record<string, string>;
}

const RESOURCE = 'https://vault.azure.net';

/**
 * What Azure Key Vault does of its documented REST API: the challenge that names the authority, secrets with versions,
 * soft deletion that takes a moment, purging; and beside it the authority that gives tokens for a client's secret.
 */
export class AzureService {
  readonly tenant = '11111111-2222-3333-4444-555555555555';
  readonly clientId = '66666666-7777-8888-9999-000000000000';
  readonly clientSecret = 'a~client~secret~of~the~tests';
  /** Versions by name, the newest last. */
  readonly secrets = new Map<string, Secret[]>();
  /** How often each soft-deleted secret is still not there when asked for. */
  readonly deleted = new Map<string, number>();
  mayPurge = true;
  /** Seconds a token is good for. */
  tokenSeconds = 3600;
  #given = 0;
  /** The tokens that are good: those of several clients are at the same time. */
  readonly #good = new Set<string>();
  #vault: JsonService | null = null;
  #authority: JsonService | null = null;

  static async start(tls: { cert: string; key: string }): Promise<AzureService> {
    const emulated = new AzureService();
    emulated.#vault = await JsonService.start((request) => emulated.#answerVault(request), 0, tls);
    emulated.#authority = await JsonService.start((request) => emulated.#answerAuthority(request), 0, tls);
    return emulated;
  }

  get vault(): JsonService {
    if (!this.#vault) throw new Error('The service was not started.');
    return this.#vault;
  }

  get authority(): JsonService {
    if (!this.#authority) throw new Error('The service was not started.');
    return this.#authority;
  }

  /** The next requests at both go wrong. */
  goWrong(trouble: Trouble, requests: number): void {
    for (const { troubles } of [this.vault, this.authority]) {
      troubles.splice(0, troubles.length, ...Array.from({ length: requests }, () => trouble));
    }
  }

  /** Tokens given so far are no good any more. */
  revokeTokens(): void {
    this.#good.clear();
  }

  async close(): Promise<void> {
    await Promise.all([this.vault.close(), this.authority.close()]);
  }

  #answerAuthority({ method, url, text }: ServiceRequest): ServiceAnswer {
    const base = `${this.authority.url}/${this.tenant}`;
    if (url.pathname === `/${this.tenant}/v2.0/.well-known/openid-configuration`) {
      return {
        status: 200,
        body: {
          issuer: `${base}/v2.0`,
          authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
          token_endpoint: `${base}/oauth2/v2.0/token`,
          jwks_uri: `${base}/discovery/v2.0/keys`,
        },
      };
    }
    if (method !== 'POST' || url.pathname !== `/${this.tenant}/oauth2/v2.0/token`) {
      const error_description = 'AADSTS90002: Tenant not found.';
      return { status: 400, body: { error: 'invalid_tenant', error_description } };
    }
    const form = new URLSearchParams(text);
    if (form.get('client_id') !== this.clientId || form.get('client_secret') !== this.clientSecret) {
      const error_description = 'AADSTS7000215: Invalid client secret provided.';
      return { status: 401, body: { error: 'invalid_client', error_description } };
    }
    // MSAL asks for more beside it.
    if (!form.get('scope')?.split(' ').includes(`${RESOURCE}/.default`))
      return { status: 400, body: { error: 'invalid_scope' } };
    this.#given += 1;
    const access_token = `token-${this.#given}`;
    this.#good.add(`Bearer ${access_token}`);
    return { status: 200, body: { token_type: 'Bearer', expires_in: this.tokenSeconds, access_token } };
  }

  #answerVault({ method, url, headers, text }: ServiceRequest): ServiceAnswer {
    if (!this.#good.has(headers.authorization ?? '')) {
      const challenge = `Bearer authorization="${this.authority.url}/${this.tenant}", resource="${RESOURCE}"`;
      return {
        ...failed(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer token.'),
        headers: { 'www-authenticate': challenge },
      };
    }
    const [kind, name, part] = url.pathname.slice(1).split('/');
    if (kind === 'secrets' && !name) {
      return {
        status: 200,
        body: { value: [...this.secrets.keys()].map((known) => this.#properties(known)), nextLink: null },
      };
    }
    if (!name || !/^[0-9A-Za-z-]{1,127}$/.test(name)) return failed(400, 'BadParameter', 'The name is invalid.');
    if (kind === 'deletedsecrets') return this.#deleted(method, name);
    if (method === 'PUT') return this.#set(name, text);
    const versions = this.secrets.get(name) ?? [];
    if (part === 'versions') {
      return { status: 200, body: { value: versions.map(() => this.#properties(name)), nextLink: null } };
    }
    const newest = versions.at(-1);
    if (!newest)
      return failed(404, 'SecretNotFound', `A secret with (name/id) ${name} was not found in this key vault.`);
    if (method === 'GET') return { status: 200, body: { ...this.#properties(name), ...newest } };
    this.secrets.delete(name);
    this.deleted.set(name, 1);
    return { status: 200, body: this.#deletedBundle(name) };
  }

  #set(name: string, text: string): ServiceAnswer {
    if (this.deleted.has(name))
      return failed(409, 'Conflict', `Secret ${name} is currently in a deleted but recoverable state.`);
    const { value, contentType, tags } = JSON.parse(text) as Secret;
    if (typeof value !== 'string') return failed(400, 'BadParameter', 'Property value is missing.');
    const secret = { value, ...(contentType && { contentType }), ...(tags && { tags }) };
    this.secrets.set(name, [...(this.secrets.get(name) ?? []), secret]);
    return { status: 200, body: { ...this.#properties(name), ...secret } };
  }

  #deleted(method: string, name: string): ServiceAnswer {
    const absences = this.deleted.get(name);
    if (absences === undefined || absences > 0) {
      if (absences !== undefined) this.deleted.set(name, absences - 1);
      return failed(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);
    }
    if (method === 'GET') return { status: 200, body: this.#deletedBundle(name) };
    if (!this.mayPurge) return failed(403, 'Forbidden', 'The user does not have secrets purge permission.');
    this.deleted.delete(name);
    return { status: 204 };
  }

  #properties(name: string): Record<string, unknown> {
    const attributes = {
      enabled: true,
      created: 1_700_000_000,
      updated: 1_700_000_000,
      recoveryLevel: 'Recoverable+Purgeable',
    };
    return { id: `${this.vault.url}/secrets/${name}/0123456789abcdef0123456789abcdef`, attributes };
  }

  #deletedBundle(name: string): Record<string, unknown> {
    const recoveryId = `${this.vault.url}/deletedsecrets/${name}`;
    return { ...this.#properties(name), recoveryId, deletedDate: 1_700_000_000, scheduledPurgeDate: 1_800_000_000 };
  }
}

function failed(status: number, code: string, message: string): ServiceAnswer {
  return { status, body: { error: { code, message } } };
}
