import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hashApiKey, isWellFormed, scopesOf } from '../api-keys/api-key.ts';
import { KeyturnError } from '../errors.ts';
import type { OrganizationDb, Storage } from '../storage/db.ts';
import type { ApiKey } from '../storage/rows.ts';
import { allows, type Scope } from './scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller's key must hold. Every route under /v1 names one. */
    scope?: Scope;
  }
  interface FastifyRequest {
    /** The caller's organization; set on every route with a scope. */
    organization: OrganizationDb;
    apiKeyId: string;
    scopes: Scope[];
  }
}

/** `last_used_at` is written at most this often for a key. */
const USED_EVERY_MS = 60_000;

/** The key as it was sent: `x-api-key`, or `Authorization: Bearer` (RFC 6750 §2.1). Null when there is none or two. */
function presentedKey(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  const bearer = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (Array.isArray(header)) return null;
  if (header && bearer && header !== bearer) return null;
  return header || bearer || null;
}

/** The row of a live key. Looked up by hash, so no part of a wrong key tells how near it came. */
async function findKey(storage: Storage, key: string): Promise<ApiKey | null> {
  if (key.length > 1024 || !isWellFormed(key)) return null;
  const hash = hashApiKey(key);
  const row = await storage.database.asSystem('authentication').apiKey.findFirst({ where: { key_hash: hash } });
  if (!row || row.revoked_at !== null) return null;
  return timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(hash)) ? row : null;
}

/** Authenticates every route that names a scope, before its body is read. */
export function authenticate(app: FastifyInstance, storage: Storage): void {
  app.decorateRequest('organization');
  app.decorateRequest('apiKeyId', '');
  app.decorateRequest('scopes');
  app.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    const key = presentedKey(request);
    const row = key === null ? null : await findKey(storage, key);
    if (!row) {
      reply.header('www-authenticate', 'Bearer realm="keyturn"');
      throw new KeyturnError('authentication_failure');
    }
    request.scopes = scopesOf(row);
    if (!allows(request.scopes, scope)) {
      throw new KeyturnError('insufficient_scope', { detail: `This call needs an API key with the scope ${scope}.` });
    }
    request.apiKeyId = row.id;
    request.organization = storage.database.forOrganization(row.organization_id);
    noteUse(request, row);
  });
}

/** Not waited for: a call never fails or slows because its use could not be noted. */
function noteUse(request: FastifyRequest, row: ApiKey): void {
  const now = new Date();
  if (row.last_used_at && now.getTime() - row.last_used_at.getTime() < USED_EVERY_MS) return;
  request.organization.apiKey
    .updateMany({ where: { id: row.id }, data: { last_used_at: now } })
    .catch((error: unknown) => request.log.warn({ err: error }, 'the use of an API key was not noted'));
}

/** Calls back when the key of this request is revoked. Returns the function that ends the watch. */
export function onKeyRevoked(storage: Storage, request: FastifyRequest, callback: () => void): () => void {
  return storage.bus.subscribe((message) => {
    if (message.type === 'key-revoked' && message.api_key_id === request.apiKeyId) callback();
  });
}
