import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject } from 'vitest';
import { isInTable } from '../../src/browser/reaper.ts';
import { descendantsOf, kill, type ProcessRow } from './processes.ts';

/** The browser of the tests behind a script, so that from some moment on it starts no more. */
export interface FragileBrowser {
  readonly executable: string;
  /** How many of this process run. */
  running(): number;
  /** Lets no further one start, and ends those of this process, but for so many. */
  breakDown(keep?: number): Promise<void>;
  repair(): Promise<void>;
  remove(): Promise<void>;
}

function browsers(): ProcessRow[] {
  return descendantsOf(process.pid).filter(
    ({ command }) => command.includes('--user-data-dir=') && !command.includes('--type='),
  );
}

export async function makeFragileBrowser(): Promise<FragileBrowser> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-fragile-'));
  const executable = path.join(folder, 'chromium');
  const broken = path.join(folder, 'broken');
  await writeFile(executable, `#!/bin/sh\n[ ! -e "${broken}" ] || exit 1\nexec "${inject('chromium')}" "$@"\n`);
  await chmod(executable, 0o755);
  return {
    executable,
    running: () => browsers().length,
    async breakDown(keep = 0) {
      await writeFile(broken, '');
      const ended = browsers().slice(keep);
      for (const { pid } of ended) kill(pid);
      // Out of the table once the thread that started it has heard of its end.
      await expect.poll(() => ended.some(({ pid }) => isInTable(pid)), { timeout: 20_000 }).toBe(false);
    },
    repair: () => rm(broken, { force: true }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
