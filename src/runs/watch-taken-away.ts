import type { SystemDb } from '../storage/db.ts';
import type { ActiveRun } from './active-run.ts';

/**
 * Aborts the runs in hand that are no longer ours by their rows: canceled, or given to another process. The notice of a
 * cancel may have been lost, with the connection or with the process that canceled.
 */
export async function abortTakenAway(
  db: Pick<SystemDb, 'run'>,
  instance: string,
  active: ReadonlyMap<string, ActiveRun>,
): Promise<void> {
  // A run is known here a moment before it is claimed, so one that is still queued is left alone.
  const rows = await db.run.findMany({
    where: {
      id: { in: [...active.keys()] },
      OR: [{ status: { notIn: ['running', 'queued'] } }, { status: 'running', NOT: { claimed_by: instance } }],
    },
    select: { id: true },
  });
  for (const { id } of rows) active.get(id)?.abort.abort('canceled');
}
