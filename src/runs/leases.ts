import type { Stillness } from '../stillness.ts';
import type { OrganizationModels, SystemDb } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import { isFinal } from './run.ts';
import type { Claim } from './run-store.ts';

/** A lease lives this long without a heartbeat: longer than it takes to know a process for dead. */
export const LEASE_SECONDS = 30;

/** What a renewal writes. Only that it changes matters to others: clocks may differ, and jump. */
const expiry = (): Date => new Date(Date.now() + LEASE_SECONDS * 1000);

/** What a lease's key is made of, before the HMAC: the account's name ('' if none), folded, at one origin. */
export function leaseSubject(username: string | null, origin: string): string {
  return JSON.stringify([(username ?? '').normalize('NFKC').toLowerCase(), origin]);
}

/** Whether another run holds it. */
export async function isLeased(db: OrganizationModels, leaseKey: string, runId: string): Promise<boolean> {
  return (await db.lease.findFirst({ where: { lease_key: leaseKey, run_id: { not: runId } } })) !== null;
}

/**
 * Takes the exclusive right to log in to one account at one origin. True when this run holds it afterwards. Two
 * claimants race for one row: each statement is conditional, so one of them wins. One that nobody renews any more is
 * held until it is dropped. Not for use inside a transaction: losing the race would abort it on PostgreSQL.
 */
export async function takeLease(db: OrganizationModels, leaseKey: string, runId: string): Promise<boolean> {
  const held = await db.lease.updateMany({
    where: { lease_key: leaseKey, run_id: runId },
    data: { expires_at: expiry() },
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

/** The heartbeat of the leases of these runs. */
export async function renewLeases(db: Pick<SystemDb, 'lease'>, runIds: readonly string[]): Promise<void> {
  await db.lease.updateMany({ where: { run_id: { in: [...runIds] } }, data: { expires_at: expiry() } });
}

/**
 * Lets go of a run's leases when its carrier is done with it. They belong to the run: while another process carries it by
 * now, or may at any moment because it is back in the queue, they are not this one's to release.
 */
export async function releaseLeases(db: OrganizationModels, { id, claimed_by }: Claim): Promise<void> {
  const row = await db.run.findFirst({ where: { id }, select: { status: true, claimed_by: true } });
  if (!row || isFinal(row.status) || (claimed_by !== null && row.claimed_by === claimed_by)) await dropLeases(db, id);
}

/** With the return of a run to the queue, in the same transaction. */
export async function dropLeases(tx: OrganizationModels, runId: string): Promise<void> {
  await tx.lease.deleteMany({ where: { run_id: runId } });
}

/** Drops the leases that nobody has renewed for too long: their process died between the end of a run and its release. */
export async function dropStillLeases(db: Pick<SystemDb, 'lease'>, stillness: Stillness): Promise<void> {
  const rows = await db.lease.findMany();
  const keyed = rows.map((row) => ({ key: `${row.organization_id} ${row.lease_key}`, row }));
  const still = stillness.look(
    keyed.map(({ key, row }) => [key, `${row.run_id} ${row.expires_at.getTime()}`] as const),
    LEASE_SECONDS * 1000,
  );
  for (const { key, row } of keyed) if (still.has(key)) await db.lease.deleteMany({ where: row });
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
