import { randomUUID } from 'node:crypto';
import { type AccountKeys, KDF_ITERATIONS, newAccountKeys } from './bitwarden-crypto.ts';
import { JsonService, type ServiceAnswer, type ServiceRequest } from './json-service.ts';

type Sealed = Record<string, unknown>;

/** Characters that Bitwarden's server takes of what is sealed; the rest is bounded by the request. */
const LIMITS: [RegExp, number][] = [
  [/^(name|login\.username|login\.totp|fields\.\d+\.name|card\.\w+)$/, 1000],
  [/^(login\.password|fields\.\d+\.value)$/, 5000],
  [/^(notes|login\.uris\.\d+\.\w+)$/, 10_000],
];

/**
 * As much of a Bitwarden server as its command line needs for one account: signing in, and items that it cannot read.
 * The cryptography is the clients' own.
 */
export class BitwardenServer {
  readonly email = 'ada@vault.example';
  readonly masterPassword = `master ${randomUUID()}`;
  readonly folderId = randomUUID();
  /** What it keeps: everything in it that is a secret is sealed. */
  readonly items = new Map<string, Sealed>();
  /** What a sync answers is as old as the question, and goes out when this is done. */
  syncsLeave: Promise<void> = Promise.resolve();
  /** How often everything was asked for. */
  syncs = 0;
  readonly #keys: AccountKeys = newAccountKeys(this.email, this.masterPassword);
  readonly #userId = randomUUID();
  readonly #stamp = randomUUID();
  readonly #token = accessToken(this.#userId, this.email);
  #revision = new Date();
  /** The name clients give to the user key. */
  #userKeyId: string | null = null;
  #service!: JsonService;

  /** By TLS only: the command line talks to no other. */
  static async start(tls: { cert: string; key: string }): Promise<BitwardenServer> {
    const server = new BitwardenServer();
    server.#service = await JsonService.start((request) => server.#answer(request), 0, tls);
    return server;
  }

  get url(): string {
    return this.#service.url;
  }

  /** Seals a text as the account's clients do. */
  seal(text: string): string {
    return this.#keys.seal(text);
  }

  /** Lays an item in as another client of the account would; its id is returned. */
  add(item: Sealed): string {
    return String(this.#store(item).id);
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  async #answer(request: ServiceRequest): Promise<ServiceAnswer> {
    const { method, url, text, headers } = request;
    const place = `${method} ${url.pathname}`;
    if (place === 'GET /api/config') return ok(this.#configuration());
    if (/^POST \/identity\/accounts\/prelogin/.test(place)) return ok(this.#prelogin());
    if (place === 'POST /identity/connect/token') return this.#signIn(new URLSearchParams(text));
    if (headers.authorization !== `Bearer ${this.#token}`) return { status: 401, body: { message: 'Who are you?' } };
    if (place === 'GET /api/sync') {
      this.syncs += 1;
      const everything = ok(this.#everything());
      await this.syncsLeave;
      return everything;
    }
    if (place === 'GET /api/accounts/revision-date') return ok(this.#revision.getTime());
    if (place === 'POST /api/accounts/key-management/user-key-id') {
      this.#userKeyId = JSON.parse(text).userKeyId;
      return { status: 200 };
    }
    if (place === 'POST /api/ciphers') return this.#create(JSON.parse(text));
    const [, id = '', action = ''] = /^\/api\/ciphers\/([\w-]+)(\/\w+)?$/.exec(url.pathname) ?? [];
    const item = this.items.get(id);
    if (!item) return { status: 404, body: { message: 'Resource not found.' } };
    if (method === 'GET') return ok(item);
    if (method === 'PUT' && action === '/delete') {
      this.#store({ ...item, deletedDate: new Date().toISOString() });
      return { status: 200 };
    }
    if (method !== 'DELETE') return { status: 405, body: { message: 'Not allowed.' } };
    this.items.delete(id);
    this.#touch();
    return { status: 200 };
  }

  #create(item: Sealed): ServiceAnswer {
    const tooLong = placesIn(item).find(([place, text]) => text.length > limitOf(place));
    if (tooLong)
      return { status: 400, body: { message: `The field ${tooLong[0]} exceeds the maximum encrypted value length.` } };
    return ok(this.#store(item));
  }

  #store(item: Sealed): Sealed {
    const now = this.#touch();
    const stored = {
      object: 'cipherDetails',
      id: randomUUID(),
      creationDate: now,
      deletedDate: null,
      edit: true,
      viewPassword: true,
      permissions: { delete: true, restore: true },
      organizationUseTotp: false,
      collectionIds: [],
      ...item,
      attachments: null,
      revisionDate: now,
    };
    this.items.set(stored.id, stored);
    return stored;
  }

  #touch(): string {
    // A client compares it with its own last look, to the millisecond.
    this.#revision = new Date(Math.max(Date.now(), this.#revision.getTime() + 1));
    return this.#revision.toISOString();
  }

  #configuration() {
    const { url } = this;
    return {
      object: 'config',
      version: '2026.9.0',
      gitHash: '',
      server: null,
      environment: { vault: url, api: `${url}/api`, identity: `${url}/identity`, notifications: '', sso: '' },
      featureStates: {},
    };
  }

  #kdf() {
    return { kdfType: 0, iterations: KDF_ITERATIONS };
  }

  #prelogin() {
    return { kdf: 0, kdfIterations: KDF_ITERATIONS, kdfSettings: this.#kdf(), salt: this.email };
  }

  #unlock() {
    return { salt: this.email, kdf: this.#kdf(), masterKeyEncryptedUserKey: this.#keys.userKey };
  }

  #accountKeys() {
    const { privateKey: wrappedPrivateKey, publicKey } = this.#keys;
    return {
      publicKeyEncryptionKeyPair: { wrappedPrivateKey, publicKey },
      signatureKeyPair: null,
      securityState: null,
    };
  }

  #signIn(form: URLSearchParams): ServiceAnswer {
    const known =
      form.get('grant_type') === 'refresh_token'
        ? form.get('refresh_token') === this.#stamp
        : form.get('username') === this.email && form.get('password') === this.#keys.passwordHash;
    if (!known) return { status: 400, body: { error: 'invalid_grant' } };
    return ok({
      access_token: this.#token,
      refresh_token: this.#stamp,
      token_type: 'Bearer',
      expires_in: 3600,
      Key: this.#keys.userKey,
      PrivateKey: this.#keys.privateKey,
      AccountKeys: this.#accountKeys(),
      Kdf: 0,
      KdfIterations: KDF_ITERATIONS,
      ForcePasswordReset: false,
      UserDecryptionOptions: { HasMasterPassword: true, MasterPasswordUnlock: this.#unlock() },
    });
  }

  #everything() {
    const profile = {
      id: this.#userId,
      name: 'Ada',
      email: this.email,
      emailVerified: true,
      premium: false,
      culture: 'en-US',
      key: this.#keys.userKey,
      privateKey: this.#keys.privateKey,
      accountKeys: this.#accountKeys(),
      securityStamp: this.#stamp,
      creationDate: new Date(0).toISOString(),
      organizations: [],
      providers: [],
      providerOrganizations: [],
    };
    const folder = { id: this.folderId, name: this.seal('Keyturn'), revisionDate: new Date(0).toISOString() };
    return {
      object: 'sync',
      profile,
      folders: [folder],
      collections: [],
      ciphers: [...this.items.values()],
      domains: { equivalentDomains: [], globalEquivalentDomains: [] },
      policies: [],
      sends: [],
      userDecryption: { masterPasswordUnlock: this.#unlock(), userKeyId: this.#userKeyId },
    };
  }
}

const ok = (body: unknown): ServiceAnswer => ({ status: 200, body });

/** A token that says who its bearer is; clients read it and cannot check it. */
function accessToken(userId: string, email: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 24 * 3600;
  return `${part({ alg: 'none' })}.${part({ sub: userId, email, email_verified: true, exp, premium: false })}.${randomUUID()}`;
}

/** Every text in an item with its place, such as `login.uris.0.uri`. */
function placesIn(value: unknown, place = ''): [string, string][] {
  if (typeof value === 'string') return [[place, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => placesIn(member, place ? `${place}.${name}` : name));
}

const limitOf = (place: string): number =>
  LIMITS.find(([places]) => places.test(place))?.[1] ?? Number.POSITIVE_INFINITY;
