import type { RunView } from '../src/runs/run.ts';
import type { BenchResult } from './bench-result.ts';
import { launchByHand, logInByHand } from './hand-written.ts';
import { type Bench, startBench } from './service-under-bench.ts';
import { median } from './statistics.ts';

const WARM_UP = 3;
const ROUNDS = 25;
/** The service may take this many times the hand-written script. */
const GOAL = 1.5;
/** The same without the time in which the page is compared with a clean context, which the script does not do. */
const GOAL_WITHOUT_CONTROL = 1.25;

interface Measured {
  judged: number;
  whole: number;
  timings: Record<string, number>;
}

async function logInByApi(bench: Bench, saveProfile: boolean): Promise<Measured> {
  const { site, account } = bench;
  const started = await bench.call<{ credential_id: string; workflow_run_id: string }>(
    'POST',
    '/v1/credentials/test-login',
    {
      url: site.url('classic'),
      ...account,
      save_browser_profile: saveProfile,
    },
  );
  const status = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=30`;
  const run = await bench.call<RunView>('GET', status);
  if (run.outcome !== 'logged_in') throw new Error(`The login ended ${run.outcome ?? run.status}`);
  const { timings } = await bench.call<{ timings: Record<string, number> }>(
    'GET',
    `/v1/runs/${started.workflow_run_id}`,
  );
  const at = (time: string | null): number => Date.parse(time ?? '');
  return {
    judged: at(run.judged_at) - at(run.started_at),
    whole: at(run.finished_at) - at(run.started_at),
    timings,
  };
}

function medianParts(runs: readonly Measured[]): Record<string, number> {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.timings)))];
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run.timings[name] ?? 0))]));
}

/**
 * A login through the API, `started_at` to `judged_at`, against a hand-written script on the same page. The two take
 * turns, so that whatever else the machine does falls on both.
 */
export async function loginBench(): Promise<BenchResult> {
  const bench = await startBench();
  const browser = await launchByHand(bench.executable);
  const byHand: number[] = [];
  const byApi: Measured[] = [];
  const withProfile: Measured[] = [];
  try {
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const hand = await logInByHand(browser, bench);
      const api = await logInByApi(bench, false);
      const full = await logInByApi(bench, true);
      if (round < 0) continue;
      byHand.push(hand);
      byApi.push(api);
      withProfile.push(full);
    }
  } finally {
    await browser.close();
    await bench.close();
  }
  const hand = median(byHand);
  const judged = median(byApi.map((run) => run.judged));
  const withoutControl = median(byApi.map((run) => run.judged - (run.timings.control ?? 0)));
  const whole = median(withProfile.map((run) => run.whole));
  const parts = medianParts(withProfile);
  return {
    name: 'login',
    title: `One login, warm, median of ${ROUNDS}`,
    columns: ['', 'ms', '× by hand'],
    rows: [
      ['hand-written script with fixed selectors', hand, 1],
      ['through the API, started to judged', judged, judged / hand],
      ['the same without the clean context', withoutControl, withoutControl / hand],
      ['through the API with profile, started to end', whole, whole / hand],
      ...Object.entries(parts)
        .sort(([, a], [, b]) => b - a)
        .map(([name, ms]) => [`  its ${name} (parts overlap)`, ms, ms / hand]),
    ],
    goals: [
      { what: 'login, all of it', figure: judged / hand, most: GOAL, unit: '×' },
      { what: 'login without the clean context', figure: withoutControl / hand, most: GOAL_WITHOUT_CONTROL, unit: '×' },
    ],
    figures: { hand, judged, without_control: withoutControl, with_profile: whole, parts },
  };
}
