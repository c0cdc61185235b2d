import { createHash } from 'node:crypto';
import type { SystemDb } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';

const SECOND_MS = 1_000;

const keyOf = (origin: string): string => createHash('sha256').update(origin).digest('hex');

/**
 * Takes one of the `limit` places that any second has at a site, for all processes together: never more than as many
 * logins begin there within a second. Null when it was had, else when the next one will be free. Each statement is
 * conditional, so one place is never had twice.
 */
export async function takeSiteStart(
  db: Pick<SystemDb, 'siteStart'>,
  origin: string,
  limit: number,
): Promise<Date | null> {
  const site_key = keyOf(origin);
  for (;;) {
    const now = new Date();
    const free_at = new Date(now.getTime() + SECOND_MS);
    const taken = await db.siteStart.findMany({
      where: { site_key, free_at: { gt: now } },
      orderBy: { free_at: 'asc' },
    });
    const next = taken[Math.max(0, taken.length - limit)];
    if (next && taken.length >= limit) return next.free_at;
    const places = new Set(taken.map((row) => row.place));
    const place = Array.from({ length: limit }, (_, at) => at).find((at) => !places.has(at)) ?? 0;
    const where = { site_key, place, free_at: { lte: now } };
    if ((await db.siteStart.updateMany({ where, data: { free_at } })).count === 1) return null;
    try {
      await db.siteStart.create({ data: { site_key, place, free_at } });
      return null;
    } catch (error) {
      // Somebody else has it by now: as many times as there are places, at the most.
      if (!isUniqueViolation(error)) throw error;
    }
  }
}

/** Forgets places that are free. */
export async function removeOldSiteStarts(db: Pick<SystemDb, 'siteStart'>, now: Date): Promise<void> {
  await db.siteStart.deleteMany({ where: { free_at: { lt: now } } });
}
