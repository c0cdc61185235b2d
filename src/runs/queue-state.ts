import type { QueueState } from '../metrics/metrics.ts';
import type { Models } from '../storage/db.ts';

/** How many runs are queued, and since when the first of them, over all organizations. */
export async function queueState(db: Models, now: number): Promise<QueueState> {
  const where = { status: 'queued' };
  const [depth, first] = await Promise.all([
    db.run.count({ where }),
    db.run.findFirst({ where, orderBy: { created_at: 'asc' }, select: { created_at: true } }),
  ]);
  return { depth, oldestSeconds: first ? Math.max(0, now - first.created_at.getTime()) / 1000 : 0 };
}
