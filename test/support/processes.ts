import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessRow {
  pid: number;
  parent: number;
  /** Running, sleeping …; `Z` is a process that has ended and waits for its parent to ask. */
  state: string;
  command: string;
  environment: string;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function row(pid: number): ProcessRow | null {
  const stat = read(pid, 'stat');
  // The name stands in parentheses and may hold anything; what follows the last one is split by spaces.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!stat || !state || !parent) return null;
  const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return { pid, parent: Number(parent), state, command, environment: read(pid, 'environ') };
}

/** Every process of this machine as Linux tells it; empty elsewhere, where nothing is checked. */
export function listProcesses(): ProcessRow[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((name) => row(Number(name))).filter((found) => found !== null);
}

/** The processes below `pid`, children of children too. */
export function descendantsOf(pid: number, processes: readonly ProcessRow[] = listProcesses()): ProcessRow[] {
  const children = processes.filter((found) => found.parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, processes)]);
}

/** Processes that were started with a folder as their place for temporary files, or name it in their command. */
export function processesUsing(folder: string): ProcessRow[] {
  return listProcesses().filter(
    (found) => found.pid !== process.pid && (found.command.includes(folder) || found.environment.includes(folder)),
  );
}

export function describeProcess(found: ProcessRow): string {
  return `process ${found.pid} (${found.state}) ${found.command.slice(0, 160)}`;
}

/** Ends a process that may already be gone. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
