import type { OrganizationModels } from '../storage/db.ts';
import { isFinal, OPEN_STATUSES } from './run.ts';

/** Rows younger than this may still be on their way into the database, from here or from another machine. */
const SETTLED_AFTER_MS = 60_000;
/** So many rows may be counted anew each time before they join those that were counted once. */
const RECOUNT_ROWS = 2_000;
/** Everything is counted anew after this long, whatever was done to the rows past this process. */
const KEPT_MS = 10 * 60 * 1000;
const MAX_KEPT = 1_000;

interface Settled {
  /** Rows made before this are in `count`. */
  until: Date;
  count: number;
  countedAt: number;
}

/**
 * How many runs an organization has, for x-total-count. Runs are kept, and a final one never changes: so those of the
 * past are counted once, and a list of a million costs what one of a few thousand does.
 */
export class RunCounts {
  readonly #settled = new Map<string, Settled>();

  async total(
    db: OrganizationModels,
    { credentialId, status }: { credentialId?: string | undefined; status?: string | undefined },
  ): Promise<number> {
    // One account's runs are few, and so are those that are not over.
    if (credentialId !== undefined || (status !== undefined && !isFinal(status))) {
      return db.run.count({ where: { credential_id: credentialId, status } });
    }
    const key = `${db.organizationId} ${status ?? ''}`;
    const kept = this.#settled.get(key);
    const fresh = kept !== undefined && Date.now() - kept.countedAt < KEPT_MS;
    const known = fresh ? kept : { until: new Date(0), count: 0, countedAt: Date.now() };
    const since = await db.run.count({ where: { status, created_at: { gte: known.until } } });
    if (since > RECOUNT_ROWS) await this.#settle(db, key, known, status);
    return known.count + since;
  }

  async #settle(db: OrganizationModels, key: string, known: Settled, status: string | undefined): Promise<void> {
    const until = await settledUntil(db, status);
    if (until <= known.until) return;
    const added = await db.run.count({ where: { status, created_at: { gte: known.until, lt: until } } });
    const oldest = this.#settled.keys().next();
    if (this.#settled.size >= MAX_KEPT && !oldest.done) this.#settled.delete(oldest.value);
    this.#settled.set(key, { until, count: known.count + added, countedAt: known.countedAt });
  }
}

/** Before this no run comes any more, and with a status none gets it any more: the first that is not over may. */
async function settledUntil(db: OrganizationModels, status: string | undefined): Promise<Date> {
  const young = new Date(Date.now() - SETTLED_AFTER_MS);
  if (status === undefined) return young;
  const open = await Promise.all(
    OPEN_STATUSES.map((one) =>
      db.run.findFirst({ where: { status: one }, orderBy: { created_at: 'asc' }, select: { created_at: true } }),
    ),
  );
  return open.reduce((first, row) => (row && row.created_at < first ? row.created_at : first), young);
}
