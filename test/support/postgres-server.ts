import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';

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
  stop(): Promise<void>;
}

/** Starts a server of our own in a temporary folder. Nothing in it is kept, so it does not wait for the disk. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
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
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // The shell stops the server when its input ends, so the server does not outlive a test run that is killed.
  const script = '"$@" & server=$!; read -r _; kill -INT $server; wait $server';
  const argv = ['-c', script, 'sh', path.join(programs, 'postgres'), '-D', folder, ...options];
  const shell = spawn('sh', argv, { ...user, cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  const stop = async () => {
    shell.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let said = '';
  const ready = new Promise<boolean>((resolve) => {
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve(true);
    });
    shell.stderr.once('end', () => resolve(false));
  });
  if (!(await ready)) {
    await stop();
    throw new Error(`PostgreSQL did not start:\n${said}`);
  }
  return { url: `postgresql://postgres@127.0.0.1:${port}/postgres`, stop };
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
