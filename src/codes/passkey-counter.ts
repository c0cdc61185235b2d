import type { Models, OrganizationModels } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { CodeServices } from './issue-code.ts';

/** How often a run may sign before the counters that were set aside for it are used up. Once is meant. */
const COUNTERS_AHEAD = 100;

/**
 * How long a counter is kept that no stored credential needs: the same passkey may be stored again, with the counter it
 * came with at first, as every login test does.
 */
const KEPT_UNHELD_MS = 180 * 24 * 60 * 60 * 1000;
/** The passkey of a credential from before its row said which one it is. */
const UNKNOWN = 'unknown';

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
  const passkeyKey = await passkeyKeyOf(services, db, { id: passkeyId });
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

/** Which counter a passkey has: under it several credentials may hold the passkey. */
export function passkeyKeyOf(services: CodeServices, db: OrganizationModels, passkey: { id: string }): Promise<string> {
  return services.hmac(db, 'passkey', passkey.id);
}

/** Notes whose passkey it is on a row that does not say it yet. */
export async function noteHolder(
  db: OrganizationModels,
  credentialId: string,
  { passkeyKey }: ReservedCounters,
): Promise<void> {
  await db.credential.updateMany({
    where: { id: credentialId, passkey_key: UNKNOWN },
    data: { passkey_key: passkeyKey },
  });
}

/** Removes counters that were not used for long and that no credential needs. `db` is the sweeper's view of all. */
export async function removeUnheldCounters(
  db: Pick<Models, 'passkeyCounter' | 'credential'>,
  now: Date,
  page: number,
): Promise<number> {
  const old = { lt: new Date(now.getTime() - KEPT_UNHELD_MS) };
  let removed = 0;
  let after = '';
  while (true) {
    const rows = await db.passkeyCounter.findMany({
      where: { passkey_key: { gt: after }, modified_at: old },
      orderBy: { passkey_key: 'asc' },
      take: page,
    });
    for (const { organization_id, passkey_key } of rows) {
      const held = { organization_id, passkey_key: { in: [passkey_key, UNKNOWN] } };
      if ((await db.credential.count({ where: held })) > 0) continue;
      const where = { organization_id, passkey_key, modified_at: old };
      removed += (await db.passkeyCounter.deleteMany({ where })).count;
    }
    after = rows.at(-1)?.passkey_key ?? after;
    if (rows.length < page) return removed;
  }
}
