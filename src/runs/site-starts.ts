import { createHash } from 'node:crypto';
import type { Database, SystemDb } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';

const SECOND_MS = 1_000;

const keyOf = (origin: string): string => createHash('sha256').update(origin).digest('hex');

/**
 * Takes one of the `limit` places that any second has at a site, for all processes together: never more than as many
 * logins begin there within a second. Null when it was had, else the milliseconds until the next one will be free. Each
 * statement is conditional, so one place is never had twice. `clock`: the one that all processes go by.
 */
export async function takeSiteStart(
  db: Pick<SystemDb, 'siteStart'>,
  clock: Database['now'],
  origin: string,
  limit: number,
): Promise<number | null> {
  const site_key = keyOf(origin);
  for (;;) {
    const rows = await db.siteStart.findMany({ where: { site_key }, orderBy: { free_at: 'asc' } });
    // Asked after the rows were read: what was taken by then lies a second ahead at most, unless the clock went back.
    const now = (await clock()).getTime();
    const taken = rows.filter((row) => row.free_at.getTime() > now && row.free_at.getTime() <= now + SECOND_MS);
    const next = taken[Math.max(0, taken.length - limit)];
    if (next && taken.length >= limit) return next.free_at.getTime() - now;
    const places = new Set(taken.map((row) => row.place));
    const place = Array.from({ length: limit }, (_, at) => at).find((at) => !places.has(at)) ?? 0;
    const free_at = new Date(now + SECOND_MS);
    const before = rows.find((row) => row.place === place);
    if (before) {
      const { count } = await db.siteStart.updateMany({ where: before, data: { free_at } });
      if (count === 1) return null;
      continue;
    }
    try {
      await db.siteStart.create({ data: { site_key, place, free_at } });
      return null;
    } catch (error) {
      // Somebody else has it by now: as many times as there are places, at the most.
      if (!isUniqueViolation(error)) throw error;
    }
  }
}

/** Forgets places that are free, by the clock they are taken by. */
export async function removeOldSiteStarts(db: Pick<SystemDb, 'siteStart'>, now: Date): Promise<void> {
  await db.siteStart.deleteMany({ where: { free_at: { lt: now } } });
}
