import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { descendantsOf, describeProcess, kill, type ProcessRow, processesUsing } from './processes.ts';

/** How the folder of a test file in the folder of the run begins. */
export const FILE_FOLDER = 'file-';

/** Processes of the run that are still there, without the runner's own (they end after this). */
function leftProcesses(folder: string): ProcessRow[] {
  const own = new Set(
    descendantsOf(process.pid)
      .filter(isRunner)
      .map((found) => found.pid),
  );
  return processesUsing(folder).filter((found) => !own.has(found.pid));
}

function isRunner(found: { command: string }): boolean {
  return /vitest|esbuild|rolldown/.test(found.command);
}

/** What lies in the run folder. The empty folder of a test file that did not load holds nothing and is no matter. */
function leftFiles(folder: string): string[] {
  const names = readdirSync(folder).filter(
    (name) => !name.startsWith(FILE_FOLDER) || readdirSync(path.join(folder, name)).length > 0,
  );
  return names.map((name) => `folder or file ${name}`);
}

/**
 * Gives the whole run one temporary folder, and fails the run when a process that belongs to it, or anything in it, is
 * still there at the end. Every process of the run is known by that folder: it is in its environment or its command.
 */
export default function setup(): () => Promise<void> {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(path.join(tmpdir(), 'keyturn-tests-'));
  // The PostgreSQL of the tests runs as a user of its own and has to pass through.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return async () => {
    const deadline = Date.now() + 3_000;
    while (leftProcesses(folder).length > 0 && Date.now() < deadline) await delay(50);
    const processes = leftProcesses(folder);
    for (const found of processes) kill(found.pid);
    const left = [...processes.map(describeProcess), ...leftFiles(folder)];
    rmSync(folder, { recursive: true, force: true });
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    if (left.length > 0) throw new Error(`The test run left behind:\n  ${left.join('\n  ')}`);
  };
}
