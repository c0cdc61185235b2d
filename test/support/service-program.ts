import { inject } from 'vitest';
import { type ChildProgram, CLI, startNodeProgram } from './child-program.ts';

/** The service as its own process, as `keyturn start` runs it. */
export interface ServiceProgram {
  readonly program: ChildProgram;
  readonly url: string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }>;
}

/** On a machine that is busy with many other tests. */
const START_MS = 60_000;
const LISTENS = /Keyturn listens on (http:\/\/127\.0\.0\.1:\d+) /;
/** Of the first organization, in every start. */
export const OPERATOR_KEY = 'operator-key-of-the-tests-0123456789';

/** Starts the service on a data folder below `folder`. Kill it with `program.signal('SIGKILL')`, or close it. */
export async function startServiceProgram(folder: string, env: Record<string, string> = {}): Promise<ServiceProgram> {
  const program = startNodeProgram([CLI, 'start'], folder, {
    env: {
      KEYTURN_PORT: '0',
      KEYTURN_DATA_DIR: `${folder}/data`,
      KEYTURN_API_KEY: OPERATOR_KEY,
      KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
      KEYTURN_CHROMIUM: inject('chromium'),
      KEYTURN_WORKERS: '1',
      KEYTURN_SHUTDOWN_SECONDS: '2',
      ...env,
    },
  });
  try {
    await program.printed(LISTENS, START_MS);
  } catch (error) {
    await program.close();
    throw error;
  }
  const url = LISTENS.exec(program.output())?.[1] ?? '';
  return {
    program,
    url,
    async call(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: { 'x-api-key': OPERATOR_KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : null };
    },
  };
}
