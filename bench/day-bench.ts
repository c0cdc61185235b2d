import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../src/config.ts';
import type { RunView } from '../src/runs/run.ts';
import { createRuntime, type Runtime } from '../src/runtime.ts';
import type { BenchResult } from './bench-result.ts';
import { instantExecutor } from './instant-executor.ts';
import { median } from './statistics.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_RUNS = 100_000;
/** The day is looked at in so many parts: what a run costs in the last against the first shows what grows with the rows. */
const PARTS = 10;
const AT_ONCE = 8;
const STORED = 500;
/** Of ten runs, how many are tests of credentials that are not stored, which are kept for a day. */
const TEMPORARY_OF_TEN = 3;
/** Runs of the last parts may cost so many times those of the first. */
const GOAL = 1.5;

/** The clock everything in this process goes by: the machine's, ahead by as much as the day has gone on. */
class AheadClock {
  #ahead = 0;

  constructor() {
    const RealDate = Date;
    const ahead = (): number => this.#ahead;
    globalThis.Date = new Proxy(RealDate, {
      construct: (target, args) => Reflect.construct(target, args.length > 0 ? args : [target.now() + ahead()]),
      get: (target, name) => (name === 'now' ? () => target.now() + ahead() : Reflect.get(target, name)),
    });
  }

  goOn(ms: number): void {
    this.#ahead += ms;
  }
}

const TABLES = [
  'run',
  'runEvent',
  'workflow',
  'credential',
  'vaultItem',
  'attempt',
  'auditEvent',
  'lease',
  'idempotencyKey',
  'usedCode',
] as const;

async function counts(runtime: Runtime): Promise<Record<string, number>> {
  const db = runtime.services.storage.database.asSystem('metrics');
  const found: Record<string, number> = {};
  for (const table of TABLES) {
    // Every model counts the same way; their types only differ in what they filter by.
    found[table] = await (db[table] as { count(): Promise<number> }).count();
  }
  return found;
}

/** Once everything that is due was swept: each sweep comes by itself, every ten seconds of the machine's clock. */
async function swept(runtime: Runtime): Promise<void> {
  const db = runtime.services.storage.database.asSystem('metrics');
  const due = () => db.credential.count({ where: { expires_at: { lte: new Date() } } });
  const deadline = performance.now() + 300_000;
  while ((await due()) > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 500));
}

/** A day of logins through the whole service but the browsers, by a clock that runs ahead. */
export async function dayBench(wanted: number | null): Promise<BenchResult> {
  const runs = wanted ?? DEFAULT_RUNS;
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-day-'));
  const key = randomBytes(24).toString('base64url');
  const config = loadConfig({
    KEYTURN_DATA_DIR: folder,
    KEYTURN_API_KEY: key,
    KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
    KEYTURN_WORKERS: '2',
    KEYTURN_RUNS_PER_WORKER: String(AT_ONCE / 2),
    LOG_LEVEL: 'warn',
  });
  const clock = new AheadClock();
  const runtime = await createRuntime(config, { executor: instantExecutor() });
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const call = async <T>(method: 'GET' | 'POST', url: string, body?: object): Promise<T> => {
    const answer = await runtime.app.inject({ method, url, headers, ...(body && { payload: body }) });
    if (answer.statusCode >= 300) throw new Error(`${method} ${url} answered ${answer.statusCode}: ${answer.body}`);
    return answer.json<T>();
  };
  const started = async (index: number, stored: string[]) => {
    const url = 'http://127.0.0.1:9/login';
    if (index % 10 < TEMPORARY_OF_TEN) {
      const body = { url, username: `once-${index}`, password: `kt-day-${index}`, save_browser_profile: false };
      return call<{ credential_id: string; workflow_run_id: string }>('POST', '/v1/credentials/test-login', body);
    }
    const body = { url, save_browser_profile: false };
    return call<{ credential_id: string; workflow_run_id: string }>(
      'POST',
      `/v1/credentials/${stored[index % STORED]}/test`,
      body,
    );
  };
  try {
    const stored: string[] = [];
    for (let at = 0; at < STORED; at += 1) {
      const credential = { username: `stored-${at}`, password: `kt-day-stored-${at}` };
      const body = { name: `Login ${at}`, credential_type: 'password', credential };
      stored.push((await call<{ credential_id: string }>('POST', '/v1/credentials', body)).credential_id);
    }
    const parts: number[] = [];
    const costs: number[] = [];
    const lists: number[] = [];
    let next = 0;
    const part = Math.max(1, Math.floor(runs / PARTS));
    for (let at = 0; at < PARTS; at += 1) {
      const until = next + part;
      const begun = performance.now();
      const used = process.cpuUsage();
      const lane = async (): Promise<void> => {
        while (next < until) {
          const index = next;
          next += 1;
          const { credential_id: id, workflow_run_id: run } = await started(index, stored);
          const route = `/v1/credentials/${id}/test/${run}?wait=60`;
          let final = await call<RunView>('GET', route);
          // The clock runs ahead of the wait.
          while (final.finished_at === null) final = await call<RunView>('GET', route);
          if (final.outcome !== 'logged_in') throw new Error(`A run ended ${final.outcome ?? final.status}`);
          clock.goOn(DAY_MS / runs);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      parts.push((performance.now() - begun) / part);
      // All threads of the process, what the bench itself does included.
      const { user, system } = process.cpuUsage(used);
      costs.push((user + system) / 1000 / part);
      const times: number[] = [];
      for (let look = 0; look < 11; look += 1) {
        const from = performance.now();
        await call('GET', '/v1/runs?page_size=10');
        times.push(performance.now() - from);
      }
      lists.push(median(times));
    }
    const after = await counts(runtime);
    const bytes = (await stat(path.join(folder, 'keyturn.db'))).size;
    clock.goOn(25 * HOUR_MS);
    await swept(runtime);
    const nextDay = await counts(runtime);
    // By processor time: a day takes so long that the machine hardly does the same beside it from the first part to the last.
    const ratio = median(costs.slice(-3)) / median(costs.slice(0, 3));
    return {
      name: 'day',
      title: `A day of ${runs} runs by a clock that runs ahead, in ${PARTS} parts`,
      columns: ['', 'first part', 'last part', 'rows after the day', 'rows 25 h later'],
      rows: [
        ['ms for each run', parts[0] ?? null, parts.at(-1) ?? null, null, null],
        ['CPU ms for each run', costs[0] ?? null, costs.at(-1) ?? null, null, null],
        ['list of ten, ms', lists[0] ?? null, lists.at(-1) ?? null, null, null],
        ['database, MiB', null, null, bytes / 2 ** 20, null],
        ...TABLES.map((table) => [table, null, null, after[table] ?? null, nextDay[table] ?? null]),
      ],
      goals: [
        {
          what: 'processor time of a run in the last three parts against the first three',
          figure: ratio,
          most: GOAL,
          unit: '×',
        },
        {
          what: 'temporary credentials left 25 h later',
          figure: (nextDay.credential ?? Number.NaN) - STORED,
          most: 0,
          unit: '',
        },
      ],
      figures: { runs, parts, costs, lists, after, next_day: nextDay, bytes },
    };
  } finally {
    await runtime.close();
    await rm(folder, { recursive: true, force: true });
  }
}
