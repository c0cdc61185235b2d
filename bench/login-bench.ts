import type { RunView } from '../src/runs/run.ts';
import { launchByHand, logInByHand } from './hand-written.ts';
import type { Bench } from './service-under-bench.ts';
import { median } from './statistics.ts';

const WARM_UP = 3;
const ROUNDS = 25;
/** The service may take this many times the hand-written script. */
const GOAL = 1.5;
/** The same without the time in which the page is compared with a clean context, which the script does not do. */
const GOAL_WITHOUT_CONTROL = 1.25;

export interface LoginFigures {
  /** Medians, milliseconds. */
  hand_written: number;
  judged: number;
  with_profile: number;
  ratio: number;
  goal: number;
  ratio_without_control: number;
  goal_without_control: number;
  /** Medians by part of the run. */
  parts: Record<string, number>;
  parts_with_profile: Record<string, number>;
}

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
export async function loginBench(bench: Bench): Promise<LoginFigures> {
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
  }
  const figures: LoginFigures = {
    hand_written: median(byHand),
    judged: median(byApi.map((run) => run.judged)),
    with_profile: median(withProfile.map((run) => run.whole)),
    ratio: median(byApi.map((run) => run.judged)) / median(byHand),
    goal: GOAL,
    ratio_without_control: median(byApi.map((run) => run.judged - (run.timings.control ?? 0))) / median(byHand),
    goal_without_control: GOAL_WITHOUT_CONTROL,
    parts: medianParts(byApi),
    parts_with_profile: medianParts(withProfile),
  };
  show(figures);
  return figures;
}

function show(figures: LoginFigures): void {
  const row = (name: string, ms: number): void =>
    console.log(
      `${name.padEnd(44)} ${ms.toFixed(1).padStart(8)} ms ${(ms / figures.hand_written).toFixed(2).padStart(6)}×`,
    );
  console.log(`\nOne login, warm, median of ${ROUNDS}`);
  row('hand-written script with fixed selectors', figures.hand_written);
  row('through the API, started to judged', figures.judged);
  row('the same without the clean context', figures.hand_written * figures.ratio_without_control);
  row('through the API with profile, started to end', figures.with_profile);
  console.log('\nParts of the run with profile (some overlap)');
  for (const [name, ms] of Object.entries(figures.parts_with_profile).sort(([, a], [, b]) => b - a))
    row(`  ${name}`, ms);
}
