import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { canonicalJson } from '../canonical-json.ts';
import { KeyturnError } from '../errors.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { DataKeys } from '../vaults/data-keys.ts';

/** An answer is repeated for a day. */
const KEEP_MS = 24 * 60 * 60 * 1000;
/** A first request that has not answered by then died with its process. */
const ABANDONED_AFTER_MS = 60_000;

/** Writes the answer in the transaction that made what it speaks of, so that a crash keeps both or neither. */
export type RecordAnswer = (tx: OrganizationModels, statusCode: number, response: unknown) => Promise<void>;

const nothing: RecordAnswer = async () => {};

/** Of every route whose work is done by `idempotent`. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x20-\\x7e]{1,255}$',
      description: 'The same key and body again is answered with the first answer, for a day',
    }),
  ),
});

/**
 * Does `work` once per Idempotency-Key, organization and route. The same key and body repeats the first answer (header
 * `idempotent-replayed`); another body is `idempotency_mismatch`; while the first is in progress, `in_progress`. A first
 * request that fails frees the key. Without the header, `work` is simply done. The route's schema has
 * `IdempotencyHeaders`.
 */
export async function idempotent<T>(
  dataKeys: DataKeys,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (record: RecordAnswer) => Promise<T>,
): Promise<T> {
  const { 'idempotency-key': key } = request.headers as Static<typeof IdempotencyHeaders>;
  if (key === undefined) return work(nothing);
  const db = request.organization;
  const route = `${request.method} ${(request.routeOptions.url ?? '').replace(/^\/api(?=\/)/, '')} ${canonicalJson(request.params)}`;
  const bodyHmac = await dataKeys.hmac(db, 'idempotency', canonicalJson(request.body));
  const place = { route, key };
  const now = new Date();
  await db.idempotencyKey.deleteMany({
    where: {
      ...place,
      OR: [
        { expires_at: { lte: now } },
        { status_code: null, created_at: { lte: new Date(now.getTime() - ABANDONED_AFTER_MS) } },
      ],
    },
  });
  try {
    await db.idempotencyKey.create({
      data: {
        organization_id: db.organizationId,
        ...place,
        body_hmac: bodyHmac,
        created_at: now,
        expires_at: new Date(now.getTime() + KEEP_MS),
      },
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const first = await db.idempotencyKey.findFirst({ where: place });
    if (!first) throw new KeyturnError('in_progress', { cause: error });
    if (first.body_hmac !== bodyHmac) throw new KeyturnError('idempotency_mismatch');
    if (first.status_code === null) throw new KeyturnError('in_progress');
    reply.code(first.status_code).header('idempotent-replayed', 'true');
    return first.response as T;
  }
  try {
    return await work(async (tx, statusCode, response) => {
      // Conditional on this very request's row: one that took too long may have lost its place to another.
      const { count } = await tx.idempotencyKey.updateMany({
        where: { ...place, status_code: null, created_at: now },
        data: { status_code: statusCode, response: toJson(response) },
      });
      if (count === 0) throw new KeyturnError('in_progress');
    });
  } catch (error) {
    await db.idempotencyKey.deleteMany({ where: { ...place, status_code: null, created_at: now } });
    throw error;
  }
}

/** Forgets answers that are not repeated any more. */
export async function removeExpiredAnswers(db: Pick<OrganizationModels, 'idempotencyKey'>, now: Date): Promise<void> {
  await db.idempotencyKey.deleteMany({ where: { expires_at: { lte: now } } });
}
