import type { RunView } from '../src/runs/run.ts';
import type { Bench } from './service-under-bench.ts';
import { quantile } from './statistics.ts';

const ACTIVE_RUNS = 8;
const POLLS = 400;
/** p99 of a status poll, milliseconds. */
const GOAL_MS = 50;

export interface PollFigures {
  active_runs: number;
  polls: number;
  p50: number;
  p99: number;
  goal: number;
}

interface Started {
  credential_id: string;
  workflow_run_id: string;
}

/** Status polls while runs are active: each is a login at the slow page, begun anew as soon as one has ended. */
export async function pollBench(bench: Bench): Promise<PollFigures> {
  const active: Started[] = [];
  let going = true;
  const keepBusy = async (slot: number): Promise<void> => {
    while (going) {
      const started = await bench.call<Started>('POST', '/v1/credentials/test-login', {
        url: bench.site.url('slow'),
        username: `nobody-${slot}`,
        password: 'never the right one',
        save_browser_profile: false,
      });
      active[slot] = started;
      await bench.call<RunView>(
        'GET',
        `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=30`,
      );
    }
  };
  const busy = Array.from({ length: ACTIVE_RUNS }, (_, slot) => keepBusy(slot));
  const times: number[] = [];
  try {
    while (active.filter(Boolean).length < ACTIVE_RUNS) await bench.call('GET', '/v1/runs?page_size=1');
    for (let poll = 0; poll < POLLS; poll += 1) {
      const run = active[poll % ACTIVE_RUNS] as Started;
      const started = performance.now();
      await bench.call<RunView>('GET', `/v1/credentials/${run.credential_id}/test/${run.workflow_run_id}`);
      times.push(performance.now() - started);
    }
  } finally {
    going = false;
    await Promise.all(busy);
  }
  const figures = {
    active_runs: ACTIVE_RUNS,
    polls: POLLS,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    goal: GOAL_MS,
  };
  console.log(
    `\nStatus polls with ${ACTIVE_RUNS} runs active: p50 ${figures.p50.toFixed(1)} ms, p99 ${figures.p99.toFixed(1)} ms (goal ${GOAL_MS} ms)`,
  );
  return figures;
}
