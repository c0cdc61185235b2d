import { Changes, ofRun } from '../storage/changes.ts';
import type { Bus, OrganizationModels } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { isFinal } from './run.ts';
import { getRun } from './run-store.ts';

/** The run is looked at this often, whatever was told: the word of a change may be lost with the database's connection. */
const LOOK_MS = 5_000;

/** Holds until the run is final, or awaits something from outside, or the time is over. Returns the row as it is then. */
export async function waitForRun(
  bus: Bus,
  db: OrganizationModels,
  ids: { runId: string; credentialId?: string },
  waitMs: number,
  signal: AbortSignal,
): Promise<Run> {
  const deadline = performance.now() + waitMs;
  using changes = new Changes(bus, ofRun(ids.runId));
  for (;;) {
    const row = await getRun(db, ids.runId, ids.credentialId);
    const left = deadline - performance.now();
    if (isFinal(row.status) || row.awaiting !== null || left <= 0 || signal.aborted) return row;
    await changes.next(Math.min(left, LOOK_MS), signal);
  }
}
