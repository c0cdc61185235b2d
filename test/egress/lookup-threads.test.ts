import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startServiceProgram } from '../support/service-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keyturn-threads-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Threads of the process that Node's own pool is made of. */
async function poolOf(pid: number): Promise<number> {
  const names = (await readdir(`/proc/${pid}/task`)).map((task) => readFile(`/proc/${pid}/task/${task}/comm`, 'utf8'));
  return (await Promise.all(names)).filter((name) => name.trim() === 'libuv-worker').length;
}

test.runIf(process.platform === 'linux').each([
  ['128 where nothing is said', {}, 128],
  ['what the operator says', { UV_THREADPOOL_SIZE: '12' }, 12],
])('the service has threads for look-ups that hang: %s', async (_name, env, threads) => {
  const { program, call } = await startServiceProgram(folder, env);
  try {
    expect((await call('GET', '/v1/vaults')).status).toBe(200);
    // Each names itself as it begins.
    await expect.poll(() => poolOf(program.pid)).toBe(threads);
  } finally {
    await program.close();
  }
});
