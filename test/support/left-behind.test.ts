import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const support = import.meta.dirname;
const vitest = path.resolve(support, '../../node_modules/vitest');
const folders: string[] = [];

/** Runs one test file of its own in a fresh run with our set-up, and gives what that run said. */
function runAlone(body: string, requireAll = false): Promise<{ code: number; output: string }> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'inner-')));
  folders.push(folder);
  const imports = [
    `import { test, describe, expect } from ${JSON.stringify(path.join(vitest, 'dist/index.js'))};`,
    `import { spawn } from 'node:child_process';`,
    `import { mkdtempSync } from 'node:fs';`,
    `import { tmpdir } from 'node:os';`,
    `import { createServer } from 'node:net';`,
    `import { describeWith } from ${JSON.stringify(path.join(support, 'skip.ts'))};`,
  ];
  writeFileSync(path.join(folder, 'inner.test.ts'), [...imports, body].join('\n'));
  const config = {
    root: folder,
    test: {
      include: ['*.test.ts'],
      pool: 'forks',
      globalSetup: [path.join(support, 'run-folder.ts')],
      setupFiles: [path.join(support, 'leaks.ts')],
    },
  };
  writeFileSync(
    path.join(folder, 'vitest.config.mjs'),
    `import { SummaryReporter } from ${JSON.stringify(path.join(support, 'summary-reporter.ts'))};
     const config = ${JSON.stringify(config)};
     config.test.reporters = ['default', new SummaryReporter({ requireAll: ${requireAll} })];
     export default config;`,
  );
  const { VITEST: _vitest, VITEST_WORKER_ID: _worker, VITEST_POOL_ID: _pool, ...env } = process.env;
  return new Promise((resolve) => {
    const argv = [path.join(vitest, 'vitest.mjs'), 'run', '--root', folder];
    const options = { cwd: folder, env: { ...env, NO_COLOR: '1' }, timeout: 60_000 };
    const child = execFile(process.execPath, argv, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr });
    });
  });
}

function lastLine(output: string): string | undefined {
  return output.split('\n').findLast((line) => /^\d+ passed/.test(line));
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe.concurrent('a test file that leaves something behind fails, though its tests pass', {
  timeout: 90_000,
}, () => {
  test('a clean file passes', async () => {
    const { code, output } = await runAlone(`test('clean', () => expect(1).toBe(1));`);
    expect(output).not.toContain('left behind');
    expect([code, lastLine(output)]).toEqual([0, '1 passed, 0 failed, 0 skipped']);
  });

  test.each([
    ['a process', `spawn('sleep', ['20']).unref();`, /process \d+ \(S\) sleep 20/],
    ['a timer', `setInterval(() => {}, 1_000);`, /1 more Timeout/],
    ['a server', `createServer().listen(0, '127.0.0.1');`, /1 more TCP/],
    ['a folder', `mkdtempSync(tmpdir() + '/browser-');`, /temporary folder or file browser-/],
  ])('%s', async (_what, leak, message) => {
    const { code, output } = await runAlone(`test('leaks', () => { ${leak} });`);
    expect(output).toMatch(message);
    expect([code, lastLine(output)]).toEqual([1, '1 passed, 1 failed, 0 skipped']);
  });

  test('a process that has cut itself off is found by the run', async () => {
    const leak = `const child = spawn('sh', ['-c', 'sleep 6 & exit 0'], { detached: true, stdio: 'ignore' });
      await new Promise((resolve) => child.once('exit', resolve));`;
    const { code, output } = await runAlone(`test('leaks', async () => { ${leak} });`);
    expect(output).toMatch(/The test run left behind:\s+process \d+ \(S\) sleep 6/);
    expect([code, lastLine(output)]).toEqual([1, '1 passed, 1 failed, 0 skipped']);
  });
});

describe('a skipped test', { timeout: 60_000 }, () => {
  const body = `describeWith({ name: 'PostgreSQL', available: false }, 'leases', () => { test('one', () => {}); });
    test('two', () => {});`;

  test('is named and counted', async () => {
    const { code, output } = await runAlone(body);
    expect(output).toContain('SKIPPED leases [needs PostgreSQL]\n');
    expect([code, lastLine(output)]).toEqual([0, '1 passed, 0 failed, 1 skipped']);
  });

  test('fails the run where everything is required', async () => {
    const { code, output } = await runAlone(body, true);
    expect(output).toContain('SKIPPED leases [needs PostgreSQL]\n');
    expect([code, lastLine(output)]).toEqual([1, '1 passed, 1 failed, 1 skipped']);
  });
});
