import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hashApiKey, isWellFormed, scopesOf } from '../api-keys/api-key.ts';
import type { Actor } from '../audit/audit-event.ts';
import { KeyturnError } from '../errors.ts';
import type { OrganizationDb, Storage } from '../storage/db.ts';
import type { ApiKey } from '../storage/rows.ts';
import type { Limiter } from './rate-limits.ts';
import { allows, type Scope } from './scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller's key must hold. Every route under /v1 names one. */
    scope?: Scope;
    /** A caller on this machine needs no key. */
    openToLoopback?: true;
  }
  interface FastifyRequest {
    /** The caller's organization; set on every route with a scope. */
    organization: OrganizationDb;
    apiKeyId: string;
    /** Who calls, as the audit log says it. */
    actor: Actor;
    scopes: Scope[];
  }
}

/** `last_used_at` is written at most this often for a key. */
const USED_EVERY_MS = 60_000;

/** Header values arrive as Latin-1 (RFC 9110 §5.5); a key that is not ASCII was sent as UTF-8. */
function fromHeader(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** The key as it was sent: `x-api-key`, or `Authorization: Bearer` (RFC 6750 §2.1). Null when there is none or two. */
function presentedKey(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  const bearer = /^bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]?.trim();
  if (Array.isArray(header)) return null;
  if (header && bearer && header !== bearer) return null;
  const key = header || bearer;
  return key ? fromHeader(key) : null;
}

/** How many keys that worked are remembered. */
const MAX_REMEMBERED = 5_000;

/** Hashes of the keys that worked last. */
class KeysThatWorked {
  readonly #hashes = new Set<string>();

  has(key: string): boolean {
    return this.#hashes.has(hashApiKey(key));
  }

  add(row: ApiKey): void {
    this.#hashes.delete(row.key_hash);
    this.#hashes.add(row.key_hash);
    const [oldest] = this.#hashes;
    if (this.#hashes.size > MAX_REMEMBERED && oldest !== undefined) this.#hashes.delete(oldest);
  }
}

/** By the connection itself. Where a proxy says that it speaks for another, that one is not known to be here. */
function isOnThisMachine({ socket, headers }: FastifyRequest): boolean {
  const forwarded = Object.keys(headers).some((name) => name.startsWith('x-forwarded-') || name === 'forwarded');
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
}

/** The row of a live key. Looked up by hash, so no part of a wrong key tells how near it came. */
async function findKey(storage: Storage, key: string, operatorHash: string | null): Promise<ApiKey | null> {
  if (key.length > 1024) return null;
  const hash = hashApiKey(key);
  if (!isWellFormed(key) && hash !== operatorHash) return null;
  const row = await storage.database.asSystem('authentication').apiKey.findFirst({ where: { key_hash: hash } });
  if (!row || row.revoked_at !== null) return null;
  return timingSafeEqual(Buffer.from(row.key_hash), Buffer.from(hash)) ? row : null;
}

/**
 * Authenticates every route that names a scope, before its body is read. `operatorKey` is let through to the database
 * even if it looks like a mistyped key of ours. `actor` is who calls where that is not told by the key.
 */
export function authenticate(
  app: FastifyInstance,
  storage: Storage,
  { operatorKey, actor, limiter }: { operatorKey: string | null; actor: Actor | null; limiter: Limiter },
): void {
  const operatorHash = operatorKey === null ? null : hashApiKey(operatorKey);
  const noteUse = useNotes(app);
  const worked = new KeysThatWorked();
  app.decorateRequest('organization');
  app.decorateRequest('apiKeyId', '');
  app.decorateRequest('actor');
  app.decorateRequest('scopes');
  app.addHook('onRequest', async (request, reply) => {
    const { scope, openToLoopback } = request.routeOptions.config;
    if (scope === undefined || (openToLoopback && isOnThisMachine(request))) return;
    const key = presentedKey(request);
    // Whoever shares an address with the one who tries keys goes on working with theirs.
    if (key !== null && !worked.has(key)) await limiter.checkAddress(request);
    const row = key === null ? null : await findKey(storage, key, operatorHash);
    if (!row) {
      if (key !== null) await limiter.countFailure(request);
      reply.header('www-authenticate', 'Bearer realm="keyturn"');
      throw new KeyturnError('authentication_failure');
    }
    worked.add(row);
    request.apiKeyId = row.id;
    request.actor = actor ?? (row.id as Actor);
    request.organization = storage.database.forOrganization(row.organization_id);
    request.scopes = scopesOf(row);
    await limiter.countCall(request, reply);
    if (!allows(request.scopes, scope)) {
      throw new KeyturnError('insufficient_scope', { detail: `This call needs an API key with the scope ${scope}.` });
    }
    noteUse(request, row);
  });
}

/**
 * Notes that a key was used, at most once a minute and not waited for: a call never fails or slows because of it. Closing
 * waits for the notes under way.
 */
function useNotes(app: FastifyInstance): (request: FastifyRequest, row: ApiKey) => void {
  const pending = new Map<string, Promise<unknown>>();
  app.addHook('onClose', async () => {
    await Promise.all(pending.values());
  });
  return (request, row) => {
    const now = new Date();
    if (row.last_used_at && now.getTime() - row.last_used_at.getTime() < USED_EVERY_MS) return;
    if (pending.has(row.id)) return;
    const note = request.organization.apiKey
      .updateMany({ where: { id: row.id }, data: { last_used_at: now } })
      .catch((error: unknown) => request.log.warn({ err: error }, 'the use of an API key was not noted'))
      .finally(() => pending.delete(row.id));
    pending.set(row.id, note);
  };
}

/**
 * Calls back once the key of this request is revoked, also if that happened since the request was let in. Returns the
 * function that ends the watch.
 */
export function onKeyRevoked(storage: Storage, request: FastifyRequest, callback: () => void): () => void {
  const id = request.apiKeyId;
  const look = () =>
    request.organization.apiKey
      .findFirst({ where: { id } })
      .then((row) => {
        if (!row || row.revoked_at !== null) callback();
      })
      .catch((error: unknown) => {
        request.log.warn({ err: error }, 'an API key could not be looked up again');
        callback();
      });
  const unsubscribe = storage.bus.subscribe((message) => {
    if (message.type === 'resumed') void look();
    if (message.type === 'key-revoked' && message.api_key_id === id) callback();
  });
  void look();
  return unsubscribe;
}
