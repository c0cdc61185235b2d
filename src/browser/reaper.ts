import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Where one service keeps everything its browsers write: profile folders, artifacts, their temporary files. */
export interface ServiceFolder {
  path: string;
  /** Kills what still runs from this folder and removes it. */
  remove(): Promise<void>;
}

const PROFILE_FLAG = '--user-data-dir=';
const NAME = /^keyturn-(\d+)-(\d+)-/;

/**
 * Makes this service's folder under `root` after sweeping those that dead services left there (kill -9, power): their
 * browser processes are killed, their folders removed. A folder carries its owner's pid and start time, so one
 * whose pid was given to another process since is still known to be dead, and a living neighbour's is left alone.
 */
export async function openServiceFolder(root: string): Promise<ServiceFolder> {
  await sweepDeadServices(root);
  const folder = await mkdtemp(path.join(root, `keyturn-${process.pid}-${startTime(process.pid) ?? 0}-`));
  return { path: folder, remove: () => clearFolder(folder) };
}

/** Where one thread of a service keeps all that is temporary, by the thread's number. */
export function threadFolder(serviceFolder: string, thread: number): string {
  return path.join(serviceFolder, `thread-${thread}`);
}

/** Kills and removes what services that no longer run left under `root`. Returns the folders that were removed. */
export async function sweepDeadServices(root: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(root)) {
    const [, pid, started] = NAME.exec(name) ?? [];
    if (pid === undefined || started === undefined || isAlive(Number(pid), Number(started))) continue;
    const folder = path.join(root, name);
    const stats = await lstat(folder).catch(() => null);
    // In a shared /tmp others may place such names; only our own folders are ours to remove.
    if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) continue;
    await clearFolder(folder);
    removed.push(folder);
  }
  return removed;
}

/** Kills the browsers that were started with this folder, and removes it. */
export async function clearFolder(folder: string): Promise<void> {
  // A dying browser may still write once; a second look finds what was forked during the first.
  for (let look = 0; look < 2; look++) {
    for (const pid of processesOf(folder)) kill(pid);
    await removeFolder(folder);
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * The processes that were started with this folder: its profile in the arguments, or TMPDIR in it. Read from /proc
 * each time instead of from a record: right also for a browser that was just being started, and a pid that now belongs
 * to someone else is never in it. Without /proc (macOS) empty: there a browser ends when its pipe to the service breaks.
 */
export function processesOf(folder: string): number[] {
  const pids = listProcesses().filter((pid) => pid !== process.pid);
  return pids.filter((pid) => {
    const args = readProc(pid, 'cmdline');
    if (args.some((arg) => arg.startsWith(`${PROFILE_FLAG}${folder}/`))) return true;
    return isBrowser(pid) && readProc(pid, 'environ').some((entry) => `${entry}/`.startsWith(`TMPDIR=${folder}/`));
  });
}

/**
 * Kills a browser with its process group, if that pid (still) is a browser of this folder, and removes its profile:
 * its Playwright would do that, but may be dead or stuck itself.
 */
export async function killBrowser(pid: number, folder: string): Promise<void> {
  if (process.platform === 'linux' && !processesOf(folder).includes(pid)) return;
  const profile = readProc(pid, 'cmdline')
    .find((arg) => arg.startsWith(PROFILE_FLAG))
    ?.slice(PROFILE_FLAG.length);
  kill(-groupOf(pid));
  if (profile?.startsWith(`${folder}/`)) await removeFolder(profile);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself in the meantime.
  }
}

function listProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readProc(pid: number, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Other programs may have inherited the folder as TMPDIR (an operator's shell); only browsers are killed for that. */
function isBrowser(pid: number): boolean {
  try {
    return /chrom|headless[-_]shell/i.test(path.basename(readlinkSync(`/proc/${pid}/exe`)));
  } catch {
    return false;
  }
}

/** A field of /proc/<pid>/stat by its number in proc_pid_stat(5), or null without such a process. */
function statField(pid: number, field: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold anything; count from its end.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3]);
  } catch {
    return null;
  }
}

/** Playwright starts a browser as the leader of a group; behind a wrapper script the leader is the script. */
function groupOf(pid: number): number {
  const group = statField(pid, 5);
  return group !== null && group !== statField(process.pid, 5) ? group : pid;
}

/** Clock ticks since boot at which the process started. */
function startTime(pid: number): number | null {
  return statField(pid, 22);
}

/** Whether there is such a process, be it only one that has ended and waits for its parent to ask. */
export function isInTable(pid: number): boolean {
  return startTime(pid) !== null;
}

function isAlive(pid: number, started: number): boolean {
  if (started > 0) return startTime(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
