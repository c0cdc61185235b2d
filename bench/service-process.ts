import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ApiCall, apiCaller } from './api-caller.ts';

/** The service as it is started by hand: a process of its own, on loopback. */
export interface ServiceProcess {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  call: ApiCall;
  /** A figure of its /metrics, by name with labels. */
  metric(name: string): Promise<number>;
  close(): Promise<void>;
}

/** The line a started service prints its address in. */
const LISTENS = /Keyturn listens on (\S+)/;

export function childEnv(more: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '', KEYTURN_CHROMIUM } = process.env;
  return { PATH, HOME, ...(KEYTURN_CHROMIUM && { KEYTURN_CHROMIUM }), ...more };
}

/** Starts a program of Node's and waits for a line of its output that matches; what it prints on errors is shown. */
export async function startProgram(
  args: string[],
  env: Record<string, string>,
  ready: RegExp,
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  const child = spawn(process.execPath, args, {
    cwd: path.resolve(import.meta.dirname, '..'),
    env: childEnv(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A bench that is stopped at its limit takes along what it started.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  lines.on('line', (line) => {
    const match = ready.exec(line);
    if (match) resolve(match);
  });
  child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
  return { child, match: await promise };
}

/** Asks it to stop and waits until it has. */
export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export async function startServiceProcess(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-bench-'));
  const key = randomBytes(24).toString('base64url');
  const { child, match } = await startProgram(
    ['src/cli.ts', 'start'],
    {
      KEYTURN_PORT: '0',
      KEYTURN_DATA_DIR: folder,
      KEYTURN_API_KEY: key,
      KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
      LOG_LEVEL: 'warn',
      ...env,
    },
    LISTENS,
  );
  const url = match[1] as string;
  return {
    url,
    key,
    pid: child.pid as number,
    call: apiCaller(url, key),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1));
    },
    async close() {
      await stopProgram(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
