import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime.ts';
import type { TestDatabases } from './test-database.ts';

/** Longer than any run of the tests may take. */
const RUN_MS = 240_000;

/** An answer as a test looks at it. */
export interface Answer {
  status: number;
  headers: Headers;
  // Tests reach into answers of every shape; a wrong reach fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
  text: string;
}

export interface Service {
  readonly runtime: Runtime;
  readonly url: string;
  readonly key: string;
  readonly dataDir: string;
  /** Everything the service logged, at trace level. */
  log(): string;
  /** Every answer the service gave to `call`, as text. */
  answers(): string[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Polls a test until it is final; with the headers of another key where one is given. */
  finished(
    started: { credential_id: string; workflow_run_id: string },
    headers?: Record<string, string>,
  ): Promise<Answer['body']>;
  close(): Promise<void>;
}

/** A whole service on a free port with its own data folder and the real browser. */
export async function startService(
  env: Record<string, string> = {},
  options: Pick<RuntimeOptions, 'scrubber' | 'lookup' | 'executor'> = {},
): Promise<Service> {
  const given = env.KEYTURN_DATA_DIR;
  const dataDir = given ?? (await mkdtemp(path.join(tmpdir(), 'keyturn-data-')));
  const key = env.KEYTURN_API_KEY ?? `test-${randomBytes(24).toString('base64url')}`;
  const lines: string[] = [];
  const answers: string[] = [];
  const logDestination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const config = loadConfig({
    KEYTURN_PORT: '0',
    KEYTURN_DATA_DIR: dataDir,
    KEYTURN_API_KEY: key,
    KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
    KEYTURN_CHROMIUM: inject('chromium'),
    KEYTURN_WORKERS: '1',
    KEYTURN_SHUTDOWN_SECONDS: '2',
    LOG_LEVEL: 'trace',
    ...env,
  });
  // The set-up of the run has tried it.
  const chromium = env.KEYTURN_CHROMIUM === undefined ? { chromium: inject('chromium') } : {};
  const runtime = await createRuntime(config, { logDestination, ...chromium, ...options });
  const url = await runtime.listen();
  const call: Service['call'] = async (method, route, body, headers = {}) => {
    const response = await fetch(url + route, {
      method,
      headers: {
        'x-api-key': key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text);
    const json = response.headers.get('content-type')?.includes('application/json') && text !== '';
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : null, text };
  };
  return {
    runtime,
    url,
    key,
    dataDir,
    log: () => lines.join(''),
    answers: () => answers,
    call,
    async finished(started, headers) {
      const route = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=30`;
      const deadline = Date.now() + RUN_MS;
      while (Date.now() < deadline) {
        const { status, body } = await call('GET', route, undefined, headers);
        if (status !== 200) throw new Error(`The status of the run answered ${status}`);
        if (body.finished_at !== null) return body;
        // While it awaits a code, every look is answered at once.
        if (body.awaiting !== null) await delay(100);
      }
      throw new Error('The run did not end in time');
    },
    async close() {
      await runtime.close();
      if (given === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A service with its rows in a new place, for tests that run on each database. */
export async function startServiceOn(databases: TestDatabases, env: Record<string, string> = {}): Promise<Service> {
  const { databaseUrl } = await databases.newPlace();
  return startService(databaseUrl === null ? env : { ...env, DATABASE_URL: databaseUrl });
}
