import type { OrganizationModels } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';

/** A lease lives this long without a heartbeat: longer than it takes to know a process for dead. */
export const LEASE_SECONDS = 30;

const expiry = (): Date => new Date(Date.now() + LEASE_SECONDS * 1000);

/** What a lease's key is made of, before the HMAC: the account's name ('' if none), folded, at one origin. */
export function leaseSubject(username: string | null, origin: string): string {
  return JSON.stringify([(username ?? '').normalize('NFKC').toLowerCase(), origin]);
}

/** Whether another run holds it. */
export async function isLeased(db: OrganizationModels, leaseKey: string, runId: string): Promise<boolean> {
  const held = { lease_key: leaseKey, run_id: { not: runId }, expires_at: { gte: new Date() } };
  return (await db.lease.findFirst({ where: held })) !== null;
}

/**
 * Takes the exclusive right to log in to one account at one origin. True when this run holds it afterwards. Two
 * claimants race for one row: each statement is conditional, so one of them wins. Not for use inside a transaction:
 * losing the race would abort it on PostgreSQL.
 */
export async function takeLease(db: OrganizationModels, leaseKey: string, runId: string): Promise<boolean> {
  const held = await db.lease.updateMany({
    where: { lease_key: leaseKey, OR: [{ run_id: runId }, { expires_at: { lt: new Date() } }] },
    data: { run_id: runId, expires_at: expiry() },
  });
  if (held.count === 1) return true;
  try {
    await db.lease.create({
      data: { organization_id: db.organizationId, lease_key: leaseKey, run_id: runId, expires_at: expiry() },
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

export async function renewLeases(db: OrganizationModels, runId: string): Promise<void> {
  await db.lease.updateMany({ where: { run_id: runId }, data: { expires_at: expiry() } });
}

export async function releaseLeases(db: OrganizationModels, runId: string): Promise<void> {
  await db.lease.deleteMany({ where: { run_id: runId } });
}

/** Tells runs that wait for another's lease that one was released. */
export class LeaseSignal {
  #waiting = Promise.withResolvers<void>();

  released(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** Resolves at the next release, or after `ms` (a lease may also expire), or when aborted. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const onAbort = (): void => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([this.#waiting.promise, promise]);
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
