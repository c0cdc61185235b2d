import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright';
import { type PracticeSite, startPracticeSite } from '../src/practice/practice-site.ts';
import type { BenchResult } from './bench-result.ts';
import { chromiumPath } from './chromium-path.ts';
import { launchByHand } from './hand-written.ts';
import { type ServiceProcess, startProgram, startServiceProcess, stopProgram } from './service-process.ts';
import { median, quantile } from './statistics.ts';

const ACTIVE_RUNS = 8;
const SECONDS = 20;
/** p99 of a status poll, milliseconds. */
const GOAL_MS = 50;
const STREAMS = 50;

interface PollTimes {
  polls: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

interface Started {
  credential_id: string;
  workflow_run_id: string;
}

async function polls(addresses: string[], key: string): Promise<PollTimes> {
  const client = path.join(import.meta.dirname, 'poll-client.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [client, String(SECONDS), key, ...addresses]);
  return JSON.parse(stdout) as PollTimes;
}

/** Logins at the slow page, each begun anew as soon as one has ended. */
class BusyRuns {
  readonly active: Started[] = [];
  readonly #loops: Promise<void>[];
  #going = true;
  /** Milliseconds from an event to its arrival at a client, of all streams. */
  readonly eventTimes: number[] = [];

  constructor(service: ServiceProcess, site: PracticeSite, runs: number) {
    this.#loops = Array.from({ length: runs }, (_, slot) => this.#keepBusy(service, site, slot));
  }

  async #keepBusy(service: ServiceProcess, site: PracticeSite, slot: number): Promise<void> {
    for (let round = 0; this.#going; round += 1) {
      const started = await service.call<Started>('POST', '/v1/credentials/test-login', {
        url: site.url('slow'),
        username: `nobody-${slot}-${round}`,
        password: 'never the right one',
        save_browser_profile: false,
      });
      this.active[slot] = started;
      await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=60`);
    }
  }

  async all(): Promise<void> {
    while (this.active.filter(Boolean).length < ACTIVE_RUNS) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
  }
}

/** Follows the runs by event streams until the time is over; returns how late each event came. */
async function streams(service: ServiceProcess, busy: BusyRuns, seconds: number): Promise<number[]> {
  const over = AbortSignal.timeout(seconds * 1000);
  const late: number[] = [];
  const follow = async (index: number): Promise<void> => {
    while (!over.aborted) {
      const run = busy.active[index % ACTIVE_RUNS] as Started;
      const address = `${service.url}/v1/runs/${run.workflow_run_id}/events`;
      const response = await fetch(address, { headers: { 'x-api-key': service.key }, signal: over });
      const decoder = new TextDecoder();
      const begun = Date.now();
      for await (const chunk of response.body ?? []) {
        for (const [, at = ''] of decoder.decode(chunk as Uint8Array).matchAll(/"at":"([^"]+)"/g)) {
          // What happened before the stream was opened is told at once, and is no measure.
          if (Date.parse(at) >= begun) late.push(Date.now() - Date.parse(at));
        }
      }
    }
  };
  await Promise.allSettled(Array.from({ length: STREAMS }, (_, index) => follow(index)));
  return late;
}

/** As much browser work, done by hand: what the machine itself leaves to a server beside it. */
async function besideHandWritten(executable: string, site: PracticeSite): Promise<PollTimes> {
  const { child, match } = await startProgram(['bench/idle-server.ts'], {}, /listens on (\S+)/);
  const browsers = [await launchByHand(executable), await launchByHand(executable)];
  let going = true;
  const loop = async (browser: Browser, slot: number): Promise<void> => {
    for (let round = 0; going; round += 1) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(site.url('slow'));
      await page.fill('input[name="username"]', `hand-${slot}-${round}`);
      await page.fill('input[type="password"]', 'never the right one');
      await page.click('button[type="submit"]', { noWaitAfter: true });
      await page
        .getByText(/invalid|incorrect|wrong/i)
        .first()
        .waitFor();
      await context.close();
    }
  };
  const loops = Array.from({ length: ACTIVE_RUNS }, (_, slot) => loop(browsers[slot % 2] as Browser, slot));
  try {
    return await polls([match[1] as string], '');
  } finally {
    going = false;
    await Promise.all(loops);
    for (const browser of browsers) await browser.close();
    await stopProgram(child);
  }
}

/** Status polls and event streams while eight runs are busy, beside an idle server under the same browser load. */
export async function pollBench(): Promise<BenchResult> {
  const site = await startPracticeSite({ accounts: [{ username: 'nadia', password: 'kt-bench-password' }] });
  const executable = await chromiumPath();
  // Places for all eight to be busy at a time.
  const service = await startServiceProcess({ KEYTURN_WORKERS: '2', KEYTURN_RUNS_PER_WORKER: '4' });
  const busy = new BusyRuns(service, site, ACTIVE_RUNS);
  let own: PollTimes;
  let lag: number;
  let events: number[];
  try {
    await busy.all();
    // The first browser starts and cold code are not what is measured.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await service.metric('keyturn_queue_depth');
    const addresses = busy.active.map(
      (run) => `${service.url}/v1/credentials/${run.credential_id}/test/${run.workflow_run_id}`,
    );
    own = await polls(addresses, service.key);
    lag = (await service.metric('nodejs_eventloop_lag_p99_seconds')) * 1000;
    events = await streams(service, busy, SECONDS / 2);
  } finally {
    await busy.stop();
    await service.close();
  }
  const idle = await besideHandWritten(executable, site);
  await site.close();
  return {
    name: 'polls',
    title: `Status polls with ${ACTIVE_RUNS} busy runs, milliseconds`,
    columns: ['', 'p50', 'p95', 'p99', 'max'],
    rows: [
      ['status polls of the service', own.p50, own.p95, own.p99, own.max],
      ['an idle server beside as many hand-written logins', idle.p50, idle.p95, idle.p99, idle.max],
      [
        `events of ${STREAMS} streams, written to received`,
        median(events),
        quantile(events, 0.95),
        quantile(events, 0.99),
        Math.max(...events),
      ],
      ["delay of the service's event loop", null, null, lag, null],
    ],
    goals: [{ what: 'status poll, p99', figure: own.p99, most: GOAL_MS, unit: 'ms' }],
    figures: { own, idle, event_loop_p99: lag, events: events.length },
  };
}
