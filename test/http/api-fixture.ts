import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { apiKeyRoutes } from '../../src/api-keys/api-key-routes.ts';
import { createApp } from '../../src/http/app.ts';
import type { ConnectionBounds } from '../../src/http/connection-bounds.ts';
import type { HealthChecks } from '../../src/http/health-routes.ts';
import { NO_LIMITS, type RateLimits } from '../../src/http/rate-limits.ts';
import type { Scope } from '../../src/http/scopes.ts';
import { createLogger } from '../../src/log.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { Scrubber } from '../../src/scrub.ts';
import type { Storage } from '../../src/storage/db.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';

/** An answer as a test looks at it. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // Tests reach into answers of every shape; a wrong reach fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
}

/** The HTTP service by itself, listening, with an organization and its admin key: no pool, no browser. */
export interface Api {
  readonly app: FastifyInstance;
  readonly storage: Storage;
  readonly dataKeys: DataKeys;
  readonly url: string;
  readonly key: string;
  readonly organizationId: string;
  /** Everything that was logged, at trace level. */
  log(): string;
  call(method: string, route: string, options?: CallOptions): Promise<Answer>;
  /** A key of the organization with just these scopes. */
  keyWith(...scopes: Scope[]): Promise<{ id: string; key: string }>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Instead of the admin key; null for none. */
  key?: string | null;
}

export interface ApiOptions {
  routes?: (services: { storage: Storage; dataKeys: DataKeys }) => FastifyPluginAsyncTypebox[];
  /** Outside of /v1. */
  openRoutes?: FastifyPluginAsyncTypebox[];
  health?: HealthChecks;
  operatorKey?: string;
  limits?: Partial<RateLimits>;
  trustProxy?: string[];
  /** A storage that is opened and closed by someone else. */
  storage?: Storage;
  bounds?: ConnectionBounds;
  /** Secrets the log must not hold. */
  secrets?: string[];
}

export async function startApi(options: ApiOptions = {}): Promise<Api> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'api-'));
  const given = options.storage;
  const lines: string[] = [];
  const storage = given ?? (await openStorage({ dataDir, databaseUrl: null }, (error) => lines.push(String(error))));
  const dataKeys = await DataKeys.load({ dataDir, masterKeys: [] }, storage.database);
  const { organization, admin } = await createOrganization(storage.database, dataKeys, 'Test', options.operatorKey);
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const scrubber = new Scrubber();
  scrubber.add('service', options.secrets ?? []);
  const closeStorage = async () => {
    if (!given) await storage.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const app = await createApp({
    log: createLogger({ level: 'trace', scrubber, destination }),
    storage,
    routes: [apiKeyRoutes(storage), ...(options.routes?.({ storage, dataKeys }) ?? [])],
    openRoutes: options.openRoutes ?? [],
    health: options.health ?? {},
    operatorKey: options.operatorKey,
    limits: { ...NO_LIMITS, ...options.limits },
    trustProxy: options.trustProxy ?? [],
    bounds: options.bounds,
  }).catch(async (error: unknown) => {
    await closeStorage();
    throw error;
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const call: Api['call'] = async (method, route, { body, headers = {}, key = admin.key } = {}) => {
    const response = await fetch(url + route, {
      method,
      headers: {
        ...(key === null ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('application/json') && text !== '';
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : null };
  };
  return {
    app,
    storage,
    dataKeys,
    url,
    key: admin.key,
    organizationId: organization.id,
    log: () => lines.join(''),
    call,
    async keyWith(...scopes) {
      const { status, body } = await call('POST', '/v1/api_keys', { body: { name: scopes.join(' '), scopes } });
      if (status !== 201) throw new Error(`Making a key answered ${status}`);
      return { id: body.api_key_id, key: body.api_key };
    },
    async close() {
      await app.close();
      await closeStorage();
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What is wrong with an error answer; empty when it has the one shape, with this status and code. */
export function wrongError(answer: Answer, status: number, code: string): string[] {
  const { body, headers } = answer;
  const members = Object.keys(body ?? {}).filter((name) => name !== 'errors' && name !== 'parts');
  const checks: [string, boolean][] = [
    [`status ${answer.status} instead of ${status}`, answer.status === status],
    [`code ${body?.code} instead of ${code}`, body?.code === code],
    [`status_code ${body?.status_code}`, body?.status_code === status],
    [`type ${body?.type}`, body?.type === 'Error'],
    [`uuid ${body?.uuid}`, UUID.test(body?.uuid)],
    [`detail ${body?.detail}`, typeof body?.detail === 'string' && body.detail.length > 0],
    [`members ${members}`, String(members) === 'type,uuid,code,status_code,detail'],
    [`cache-control ${headers.get('cache-control')}`, headers.get('cache-control') === 'no-store'],
    [`content type ${headers.get('content-type')}`, headers.get('content-type') === 'application/json; charset=utf-8'],
  ];
  return checks.filter(([, right]) => !right).map(([what]) => what);
}
