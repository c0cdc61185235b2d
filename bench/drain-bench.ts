import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../src/config.ts';
import { newId } from '../src/ids.ts';
import { requestRun } from '../src/runs/request-run.ts';
import type { OrganizationDb } from '../src/storage/db.ts';
import { openStorage } from '../src/storage/open-storage.ts';
import { DataKeys } from '../src/vaults/data-keys.ts';
import { findPrograms, startPostgres } from '../test/support/postgres-server.ts';
import type { BenchResult } from './bench-result.ts';
import { startProgram, startServiceProcess, stopProgram } from './service-process.ts';

const DEFAULT_RUNS = 2_000;
/** Runs of one account go one after the other: more accounts than places, so that this holds nobody up. */
const RUNS_PER_CREDENTIAL = 10;
/** What a login takes the worker; the processor is free meanwhile, as it would be on a machine of the worker's own. */
const LOGIN_MS = 400;
const PROCESSES = [1, 4];
const LIMIT_MS = 900_000;

/** Where the queue is filled and looked at: the database that the workers share. */
interface Queue {
  databaseUrl: string;
  masterKey: string;
  folder: string;
}

async function withStorage<T>(
  queue: Queue,
  work: (db: OrganizationDb, keys: DataKeys, storage: Awaited<ReturnType<typeof openStorage>>) => Promise<T>,
): Promise<T> {
  const dataDir = path.join(queue.folder, 'bench');
  const config = loadConfig({
    DATABASE_URL: queue.databaseUrl,
    KEYTURN_MASTER_KEY: queue.masterKey,
    KEYTURN_DATA_DIR: dataDir,
  });
  const storage = await openStorage(config);
  try {
    const keys = await DataKeys.load(config, storage.database);
    const { id } = await storage.database.asSystem('setup').organization.findFirstOrThrow({ where: {} });
    return await work(storage.database.forOrganization(id), keys, storage);
  } finally {
    await storage.close();
  }
}

/** The credentials, made by the service itself. */
async function makeCredentials(queue: Queue, count: number): Promise<string[]> {
  const service = await startServiceProcess({
    DATABASE_URL: queue.databaseUrl,
    KEYTURN_MASTER_KEY: queue.masterKey,
    KEYTURN_WORKERS: '1',
  });
  try {
    const made: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const credential = {
        username: `user-${at}`,
        password: `kt-drain-${at}`,
        allowed_origins: ['http://127.0.0.1:9'],
      };
      const body = { name: `Login ${at}`, credential_type: 'password', credential };
      const { credential_id } = await service.call<{ credential_id: string }>('POST', '/v1/credentials', body);
      made.push(credential_id);
    }
    return made;
  } finally {
    await service.close();
  }
}

async function enqueue(queue: Queue, credentials: readonly string[], runs: number): Promise<void> {
  const config = loadConfig({});
  await withStorage(queue, async (db, dataKeys, storage) => {
    for (let at = 0; at < runs; at += 1) {
      const credential = await db.credential.findFirstOrThrow({
        where: { id: credentials[at % credentials.length] ?? '' },
      });
      await db.transaction((tx) =>
        requestRun({ config, dataKeys, storage }, tx, credential, {
          url: 'http://127.0.0.1:9/login',
          totpUrl: null,
          expect: ['logged_in'],
          saveProfile: false,
          startFromProfile: false,
          force: false,
          codesFrom: null,
          startUrl: null,
          trace: null,
        }),
      );
    }
  });
}

/** Starts so many worker processes, waits until nothing is open any more, and says how long that took and who did what. */
async function drain(queue: Queue, processes: number, runs: number) {
  const env = (at: number) => ({
    DATABASE_URL: queue.databaseUrl,
    KEYTURN_MASTER_KEY: queue.masterKey,
    KEYTURN_DATA_DIR: path.join(queue.folder, `worker-${processes}-${at}-${newId('run')}`),
    KEYTURN_ARTIFACTS: path.join(queue.folder, 'artifacts'),
    KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
    KEYTURN_WORKERS: '2',
    KEYTURN_RUNS_PER_WORKER: '4',
    LOG_LEVEL: 'warn',
    KEYTURN_ROLE: 'worker',
    // All of them are for one site, and it is the queue that is measured.
    KEYTURN_LOGINS_PER_SECOND: '1000',
  });
  const started = performance.now();
  const workers = await Promise.all(
    Array.from({ length: processes }, (_, at) =>
      startProgram(['bench/drain-worker.ts', String(LOGIN_MS)], env(at), /takes up runs/),
    ),
  );
  const ready = performance.now();
  try {
    return await withStorage(queue, async (db) => {
      const open = () => db.run.count({ where: { status: { in: ['queued', 'running'] } } });
      while ((await open()) > 0) {
        if (performance.now() - ready > LIMIT_MS) throw new Error('The queue was not drained in time');
        await delay(100);
      }
      const seconds = (performance.now() - ready) / 1000;
      const done = await db.run.findMany({
        where: {},
        select: { id: true, claimed_by: true, outcome: true, event_count: true },
      });
      const attempts = await db.attempt.count();
      const share = Map.groupBy(done, (run) => run.claimed_by ?? '');
      return {
        seconds,
        start_seconds: (ready - started) / 1000,
        logged_in: done.filter(({ outcome }) => outcome === 'logged_in').length,
        // Two stages, each begun and sent once, and the end: a run that was taken twice has more of one of them.
        twice: done.filter(({ event_count }) => event_count > 5).length + Math.max(0, attempts - runs),
        shares: [...share.values()].map((list) => list.length).sort((a, b) => b - a),
      };
    });
  } finally {
    await Promise.all(workers.map(({ child }) => stopProgram(child)));
  }
}

/** Two thousand queued runs on PostgreSQL, taken up by one worker process and by four. */
export async function drainBench(wanted: number | null): Promise<BenchResult> {
  const runs = wanted ?? DEFAULT_RUNS;
  const programs = findPrograms();
  if (!programs) throw new Error('There is no PostgreSQL on this machine.');
  const results: [number, Awaited<ReturnType<typeof drain>>][] = [];
  for (const processes of PROCESSES) {
    const server = await startPostgres(programs);
    const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-drain-'));
    const queue: Queue = { databaseUrl: server.url, masterKey: randomBytes(32).toString('base64'), folder };
    try {
      await enqueue(queue, await makeCredentials(queue, Math.ceil(runs / RUNS_PER_CREDENTIAL)), runs);
      results.push([processes, await drain(queue, processes, runs)]);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
  const [[, one], [, four]] = results as [(typeof results)[number], (typeof results)[number]];
  return {
    name: 'drain',
    title: `${runs} queued runs of ${LOGIN_MS} ms, 8 places in each worker process, PostgreSQL`,
    columns: ['', 'seconds', 'runs a second', 'logged in', 'taken twice', 'by each process'],
    rows: results.map(([processes, { seconds, logged_in, twice, shares }]) => [
      `${processes} worker process${processes === 1 ? '' : 'es'}`,
      seconds,
      runs / seconds,
      String(logged_in),
      String(twice),
      shares.join(' '),
    ]),
    goals: [
      { what: 'runs taken twice', figure: one.twice + four.twice, most: 0, unit: '' },
      { what: 'runs that did not log in', figure: 2 * runs - one.logged_in - four.logged_in, most: 0, unit: '' },
      { what: 'four processes against one', figure: one.seconds / four.seconds, least: 1, unit: '×' },
    ],
    figures: { runs, login_ms: LOGIN_MS, one, four },
  };
}
