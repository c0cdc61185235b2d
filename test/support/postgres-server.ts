import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';
import { descendantsOf, kill } from './processes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server whose user may create databases, or '' where there is none. */
    postgresUrl: string;
  }
}

const INSTALLED = '/usr/lib/postgresql';

/** The programs of the newest PostgreSQL of this machine. */
export function findPrograms(): string | null {
  if (!existsSync(INSTALLED)) return null;
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => path.join(INSTALLED, version, 'bin'));
  return folders.find((folder) => existsSync(path.join(folder, 'initdb'))) ?? null;
}

/** PostgreSQL refuses to run as root: there it runs as the user its package made. */
function findUser(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export interface PostgresServer {
  url: string;
  /** Kills it with everything it started, as if the machine had failed. Start it again. */
  crash(): Promise<void>;
  /** Stops it as an administrator does for an update: whoever is connected is told and cut off. Start it again. */
  shutDown(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Only for tests of a server that crashes: what was committed must be there afterwards. */
const DURABLE = { synchronous_commit: 'on', restart_after_crash: 'off' };

interface Started {
  shell: ChildProcess;
  ended: Promise<void>;
}

async function launch(command: string[], folder: string): Promise<Started> {
  // The shell stops the server when its input ends, so the server does not outlive a test run that is killed.
  const script = '"$@" & server=$!; read -r _; kill -INT $server 2>/dev/null; wait $server';
  const shell = spawn('sh', ['-c', script, 'sh', ...command], {
    ...findUser(),
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  let said = '';
  const ready = await new Promise<boolean>((resolve) => {
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      if (said.includes('ready to accept connections')) resolve(true);
    });
    shell.stderr.once('end', () => resolve(false));
  });
  if (ready) return { shell, ended };
  shell.stdin.end();
  await ended;
  throw new Error(`PostgreSQL did not start:\n${said}`);
}

/**
 * Starts a server of our own in a temporary folder. Nothing in it is kept, so it does not wait for the disk; a `durable`
 * one keeps what was committed when its processes are killed.
 */
export async function startPostgres(programs: string, { durable = false } = {}): Promise<PostgresServer> {
  const user = findUser();
  const folder = mkdtempSync(path.join(tmpdir(), 'postgres-'));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const initdb = ['-D', folder, '-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  execFileSync(path.join(programs, 'initdb'), initdb, { ...user, cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    max_connections: 200,
    shared_buffers: '32MB',
    ...(durable ? DURABLE : {}),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [path.join(programs, 'postgres'), '-D', folder, ...options];
  let running: Started | null = null;
  const end = async () => {
    running?.shell.stdin?.end();
    await running?.ended;
    running = null;
  };
  const server: PostgresServer = {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async start() {
      running = await launch(command, folder);
    },
    async crash() {
      const pids = descendantsOf(running?.shell.pid ?? -1).map(({ pid }) => pid);
      for (const pid of pids) kill(pid);
      await end();
    },
    shutDown: end,
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** One server for the whole run: KEYTURN_TEST_POSTGRES names one, else a private one is started if it is installed. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KEYTURN_TEST_POSTGRES;
  // A started service refuses KEYTURN_* names it does not know.
  delete process.env.KEYTURN_TEST_POSTGRES;
  const programs = given ? null : findPrograms();
  const server = programs ? await startPostgres(programs) : null;
  project.provide('postgresUrl', given ?? server?.url ?? '');
  return server?.stop;
}
