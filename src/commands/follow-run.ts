import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, type RunView } from '../runs/run.ts';
import type { Client } from './client.ts';

/** A run that awaits something answers every look at once. */
const AWAITING_LOOK_MS = 500;

/** Ids as a test's start answers them. */
export interface StartedRun {
  credential_id: string;
  workflow_run_id: string;
}

/** Holds on to a run until it is final. */
export async function untilFinal(client: Client, started: StartedRun): Promise<RunView> {
  const path = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=30`;
  for (;;) {
    const run = await client.call<RunView>('GET', path);
    if (isFinal(run.status)) return run;
    if (run.awaiting) await delay(AWAITING_LOOK_MS);
  }
}
