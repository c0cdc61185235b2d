import type { OrganizationModels } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { CodeServices } from './issue-code.ts';

/** How often a run may sign before the counters that were set aside for it are used up. Once is meant. */
const COUNTERS_AHEAD = 100;

/** Counters of a passkey that one run has to itself. */
export interface ReservedCounters {
  passkeyKey: string;
  /** The last that may have been used: the run's first is one more. */
  from: number;
  /** What the next run starts at, until it is known how many were used. */
  until: number;
}

/**
 * Sets counters of a passkey aside before the passkey is handed out, so that a crash never leads to one being used again:
 * sites refuse a passkey whose counter does not rise (Web Authentication §7.2). `known`: the counter the passkey came
 * with. Each turn that finds the row changed was lost to another that won. Not for use inside a transaction.
 */
export async function reserveCounters(
  services: CodeServices,
  db: OrganizationModels,
  { passkeyId, known }: { passkeyId: string; known: number },
): Promise<ReservedCounters> {
  const passkeyKey = await services.hmac(db, 'passkey', passkeyId);
  while (true) {
    const row = await db.passkeyCounter.findFirst({ where: { passkey_key: passkeyKey } });
    const from = Math.max(known, row?.sign_count ?? 0);
    const until = from + COUNTERS_AHEAD;
    if (await advance(db, passkeyKey, row?.sign_count ?? null, until)) return { passkeyKey, from, until };
  }
}

async function advance(db: OrganizationModels, passkeyKey: string, seen: number | null, until: number) {
  if (seen !== null) {
    const { count } = await db.passkeyCounter.updateMany({
      where: { passkey_key: passkeyKey, sign_count: seen },
      data: { sign_count: until, modified_at: new Date() },
    });
    return count === 1;
  }
  try {
    await db.passkeyCounter.create({
      data: {
        organization_id: db.organizationId,
        passkey_key: passkeyKey,
        sign_count: until,
        modified_at: new Date(),
      },
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Writes how far the counter really came. What a later run has set aside since is left alone. */
export async function settleCounters(
  db: OrganizationModels,
  { passkeyKey, until }: ReservedCounters,
  used: number,
): Promise<void> {
  const own = used <= until ? until : { lt: used };
  await db.passkeyCounter.updateMany({
    where: { passkey_key: passkeyKey, sign_count: own },
    data: { sign_count: used, modified_at: new Date() },
  });
}
