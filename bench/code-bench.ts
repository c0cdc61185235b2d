import type { RunView } from '../src/runs/run.ts';
import type { BenchResult } from './bench-result.ts';
import { type Bench, startBench } from './service-under-bench.ts';
import { quantile } from './statistics.ts';

const RUNS = 50;
/** Pushed a second time, as a forwarder does that tries again. */
const DUPLICATES = 10;
/** From POST to typed into the page, 95 of 100, milliseconds. */
const GOAL_MS = 300;
const START_MS = 120_000;

interface Waiting {
  username: string;
  credential_id: string;
  workflow_run_id: string;
}

const address = (username: string): string => `${username}@example.com`;

/** Many runs that wait for a code at once; returns when every one does. */
async function waitingRuns(bench: Bench, prefix: string): Promise<Waiting[]> {
  const runs: Waiting[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    const username = `${prefix}-${index}`;
    bench.site.accounts.set({ username, password: bench.account.password, codeTo: address(username) });
    const started = await bench.call<Omit<Waiting, 'username'>>('POST', '/v1/credentials/test-login', {
      url: bench.site.url('totp-one-box'),
      username,
      password: bench.account.password,
      totp_type: 'email',
      totp_identifier: address(username),
      save_browser_profile: false,
    });
    runs.push({ username, ...started });
  }
  const deadline = Date.now() + START_MS;
  for (const run of runs) {
    let view = await status(bench, run, 30);
    while (view.awaiting === null && view.finished_at === null && Date.now() < deadline) {
      view = await status(bench, run, 30);
    }
    if (view.awaiting === null) throw new Error(`A run does not wait for its code: ${view.outcome ?? view.status}`);
  }
  return runs;
}

function status(bench: Bench, run: Waiting, wait: number): Promise<RunView> {
  return bench.call<RunView>('GET', `/v1/credentials/${run.credential_id}/test/${run.workflow_run_id}?wait=${wait}`);
}

async function finished(bench: Bench, run: Waiting): Promise<RunView> {
  const deadline = Date.now() + START_MS;
  let view = await status(bench, run, 5);
  while (view.finished_at === null && Date.now() < deadline) view = await status(bench, run, 5);
  return view;
}

const push = (bench: Bench, username: string): Promise<unknown> =>
  bench.call('POST', '/v1/credentials/totp', {
    totp_identifier: address(username),
    content: bench.codes.get(username) ?? '',
  });

/** When the code of a run was typed, by its events. Unix milliseconds. */
async function typedAt(bench: Bench, run: Waiting): Promise<number> {
  const stream = await bench.text(`/v1/runs/${run.workflow_run_id}/events`);
  const events = [...stream.matchAll(/^data: ?(.*)$/gm)].map(
    ([, data = '']) => JSON.parse(data) as { page_kind?: string; at: string },
  );
  const typed = events.find(({ page_kind }) => page_kind === 'code_step');
  if (!typed) throw new Error('The code of a run was not typed');
  return Date.parse(typed.at);
}

function shuffled<T>(list: readonly T[]): T[] {
  const items = [...list];
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [items[at], items[other]] = [items[other] as T, items[at] as T];
  }
  return items;
}

/** Every run has got its own code, once. */
async function check(bench: Bench, runs: readonly Waiting[]): Promise<void> {
  for (const run of runs) {
    const view = await finished(bench, run);
    const counted = bench.site.attempts(run.username);
    if (view.outcome !== 'logged_in' || counted.code !== 1 || counted.password !== 1) {
      throw new Error(`A run ended ${view.outcome} with ${counted.code} codes at the site`);
    }
  }
}

/** Codes for 50 waiting runs in random order, 10 of them twice: from the push to the page. */
export async function codeBench(): Promise<BenchResult> {
  const bench = await startBench();
  try {
    return await measure(bench);
  } finally {
    await bench.close();
  }
}

/** Each code pushed when the run before it has ended; then all of them at once, which is bounded by what the processor can type. */
async function measure(bench: Bench): Promise<BenchResult> {
  const paced = await waitingRuns(bench, 'paced');
  const twice = new Set(paced.slice(0, DUPLICATES));
  const times: number[] = [];
  for (const run of shuffled(paced)) {
    const pushedAt = Date.now();
    await push(bench, run.username);
    if (twice.has(run)) await push(bench, run.username);
    await finished(bench, run);
    times.push((await typedAt(bench, run)) - pushedAt);
  }
  await check(bench, paced);
  const burst = await waitingRuns(bench, 'burst');
  const pushed = new Map<Waiting, number>();
  await Promise.all(
    shuffled(burst).map((run) => {
      pushed.set(run, Date.now());
      return push(bench, run.username);
    }),
  );
  await check(bench, burst);
  const bursts: number[] = [];
  for (const run of burst) bursts.push((await typedAt(bench, run)) - (pushed.get(run) ?? 0));
  const p95 = quantile(times, 0.95);
  return {
    name: 'codes',
    title: `Codes for ${RUNS} waiting runs, ${DUPLICATES} of them pushed twice, pushed to typed, milliseconds`,
    columns: ['', 'p50', 'p95'],
    rows: [
      ['one after the other', quantile(times, 0.5), p95],
      ['all pushed at once', quantile(bursts, 0.5), quantile(bursts, 0.95)],
    ],
    goals: [{ what: 'code pushed to code typed, p95', figure: p95, most: GOAL_MS, unit: 'ms' }],
    figures: { runs: RUNS, duplicates: DUPLICATES, times, bursts },
  };
}
