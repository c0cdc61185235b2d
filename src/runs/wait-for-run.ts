import { Changes, LOOK_MS, ofRun } from '../storage/changes.ts';
import type { Bus, OrganizationModels } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { isFinal } from './run.ts';
import { getRun } from './run-store.ts';

/** Holds until the run is final, or awaits something from outside, or the time is over. Returns the row as it is then. */
export async function waitForRun(
  bus: Bus,
  db: OrganizationModels,
  ids: { runId: string; credentialId?: string },
  waitMs: number,
  signal: AbortSignal,
): Promise<Run> {
  const deadline = performance.now() + waitMs;
  const isOver = (): boolean => signal.aborted || performance.now() >= deadline;
  using changes = new Changes(bus, ofRun(ids.runId, { row: true }));
  for (;;) {
    const row = await getRun(db, ids.runId, ids.credentialId);
    if (!holds(row) || isOver()) return row;
    // The row is wide: only what decides is read until then.
    let now: Held | null = row;
    while (now !== null && holds(now) && !isOver()) {
      await changes.next(Math.min(deadline - performance.now(), LOOK_MS), signal);
      now = await db.run.findFirst({ where: { id: ids.runId }, select: { status: true, awaiting: true } });
    }
  }
}

type Held = Pick<Run, 'status' | 'awaiting'>;

/** Whether there is nothing to tell yet. */
function holds({ status, awaiting }: Held): boolean {
  return !isFinal(status) && awaiting === null;
}
