import type { Browser } from 'playwright';
import { loadConfig } from '../src/config.ts';
import { openEgress } from '../src/egress/open-egress.ts';
import { startPracticeSite } from '../src/practice/practice-site.ts';
import type { RunView } from '../src/runs/run.ts';
import { admitTo } from './admit.ts';
import type { BenchResult, Goal } from './bench-result.ts';
import { chromiumPath } from './chromium-path.ts';

import { launchByHand, logInByHand } from './hand-written.ts';
import { cpuSeconds } from './proc-figures.ts';
import { startServiceProcess } from './service-process.ts';
import { median } from './statistics.ts';

const AT_ONCE = [1, 2, 4, 8, 16];
/** Logins of one side at each number; the sides take turns in as many parts. */
const LOGINS = 32;
const PARTS = 4;
/** Of the hand-written throughput. */
const GOAL = 0.9;
/** One warm browser for each, as the service has one for each worker thread. */
const BROWSERS = 2;

/** Does `count` pieces of work, so many at once; returns the milliseconds of the whole. */
async function timed(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return performance.now() - started;
}

interface Side {
  ms: number;
  logins: number;
  /** Seconds of processor time: of the service or the script, the browsers, and the site. */
  cpu: number;
}

const perSecond = ({ ms, logins }: Side): number => (logins * 1000) / ms;
const cpuMs = ({ cpu, logins }: Side): number => (cpu * 1000) / logins;

/**
 * Logins a second through the API against hand-written scripts, as many at once on the same machine in turns. The
 * service compares every success with a context that has no session, which a script does not: `with control` by hand
 * does that much as well, so that the price of the proof is counted apart.
 */
export async function throughputBench(): Promise<BenchResult> {
  const accounts = Array.from({ length: Math.max(...AT_ONCE) }, (_, at) => ({
    username: `user-${at}`,
    password: `kt-bench-${at}-password`,
  }));
  const site = await startPracticeSite({ accounts });
  const executable = await chromiumPath();
  const egress = await openEgress(loadConfig({ KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8' }));
  const service = await startServiceProcess({ KEYTURN_WORKERS: String(BROWSERS), KEYTURN_RUNS_PER_WORKER: '4' });
  const browsers: Browser[] = [];
  for (let at = 0; at < BROWSERS; at += 1) browsers.push(await launchByHand(executable));
  const controls: number[] = [];

  const byApi =
    (atOnce: number) =>
    async (index: number): Promise<void> => {
      const account = accounts[index % atOnce];
      const started = await service.call<{ credential_id: string; workflow_run_id: string }>(
        'POST',
        '/v1/credentials/test-login',
        { url: site.url('classic'), ...account, save_browser_profile: false },
      );
      const run = await service.call<RunView>(
        'GET',
        `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=60`,
      );
      if (run.outcome !== 'logged_in') throw new Error(`A login ended ${run.outcome ?? run.status}`);
      const { timings } = await service.call<{ timings: Record<string, number> }>(
        'GET',
        `/v1/runs/${started.workflow_run_id}`,
      );
      controls.push(timings.control ?? 0);
    };
  const byHand =
    (atOnce: number, control: boolean) =>
    async (index: number): Promise<void> => {
      const browser = browsers[index % BROWSERS] as Browser;
      const account = accounts[index % atOnce] as (typeof accounts)[number];
      await logInByHand(browser, { site, account, admit: () => admitTo(egress) });
      if (!control) return;
      const { pass, release } = admitTo(egress);
      const context = await browser.newContext({ proxy: pass });
      const page = await context.newPage();
      await page.goto(site.url('classic'));
      await page.locator('input[type="password"]').waitFor();
      await context.close();
      release();
    };

  const rows: BenchResult['rows'] = [];
  const goals: Goal[] = [];
  const figures: Record<string, unknown> = {};
  try {
    await timed(4, 2, byApi(2));
    await timed(4, 2, byHand(2, false));
    for (const atOnce of AT_ONCE) {
      const api: Side = { ms: 0, logins: 0, cpu: 0 };
      const hand: Side = { ms: 0, logins: 0, cpu: 0 };
      const withControl: Side = { ms: 0, logins: 0, cpu: 0 };
      controls.length = 0;
      const count = Math.max(atOnce, LOGINS / PARTS);
      const add = async (side: Side, work: (index: number) => Promise<void>): Promise<void> => {
        const before = cpuSeconds();
        side.ms += await timed(count, atOnce, work);
        side.cpu += cpuSeconds() - before;
        side.logins += count;
      };
      for (let part = 0; part < PARTS; part += 1) {
        await add(hand, byHand(atOnce, false));
        await add(api, byApi(atOnce));
        await add(withControl, byHand(atOnce, true));
      }
      const ratio = perSecond(api) / perSecond(withControl);
      rows.push([
        `${atOnce} at once`,
        perSecond(hand),
        perSecond(withControl),
        perSecond(api),
        perSecond(api) / perSecond(hand),
        ratio,
        median(controls),
        cpuMs(hand),
        cpuMs(withControl),
        cpuMs(api),
      ]);
      goals.push({
        what: `${atOnce} at once, of the hand-written with a control context`,
        figure: ratio,
        least: GOAL,
        unit: '×',
      });
      figures[atOnce] = { api, hand, with_control: withControl, ratio, control_ms: median(controls) };
    }
  } finally {
    for (const browser of browsers) await browser.close();
    await service.close();
    await egress.close();
    await site.close();
  }
  return {
    name: 'throughput',
    title: 'Logins a second, profiles off',
    columns: [
      '',
      'by hand',
      'with control',
      'by the API',
      '÷ by hand',
      '÷ with control',
      'control ms',
      'CPU ms',
      'with control',
      'by the API',
    ],
    rows,
    goals,
    figures,
  };
}
