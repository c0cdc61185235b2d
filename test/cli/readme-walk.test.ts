import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type ChildProgram, startProgram } from '../support/child-program.ts';
import { freePort } from '../support/free-port.ts';
import { processesUsing } from '../support/processes.ts';
import { readmeBlocks } from '../support/readme.ts';
import { describeWith } from '../support/skip.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SECTION = 'A walk with curl';

let folder: string;
let programs: ChildProgram[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keyturn-walk-'));
  programs = [];
});
afterEach(async () => {
  for (const program of programs) await program.close();
  await expect.poll(() => processesUsing(folder), { timeout: 10_000 }).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

/** A block of the README in a shell of its own, in the checkout; what it writes goes to the folder. */
function shell(script: string, env: Record<string, string> = {}, cwd = ROOT): ChildProgram {
  const program = startProgram(['bash', '-euo', 'pipefail', '-c', script], folder, { env, cwd });
  programs.push(program);
  return program;
}

const CURL = { name: 'curl', available: spawnSync('curl', ['--version']).status === 0 };

describeWith(CURL, 'the README, word for word', () => {
  test('the walk with curl', { timeout: 120_000 }, async () => {
    const [site = '', service = '', settings = '', ...steps] = readmeBlocks(SECTION, 'sh');
    const ports = { 8377: await freePort(), 8378: await freePort() };
    const withPorts = (text: string) =>
      text.replaceAll('8377', String(ports[8377])).replaceAll('8378', String(ports[8378]));

    const practice = shell(withPorts(site));
    await practice.printed(/username nadia {2}password \S+\n/, 60_000);
    const password = /username nadia {2}password (\S+)/.exec(practice.stdout())?.[1] ?? '';

    const keyturn = shell(service, {
      KEYTURN_PORT: String(ports[8377]),
      KEYTURN_DATA_DIR: path.join(folder, 'data'),
      KEYTURN_CHROMIUM: inject('chromium'),
    });
    await keyturn.printed(/Keyturn listens on .*\n/, 60_000);
    const key = /shown only this once: (\S+)/.exec(keyturn.stdout())?.[1] ?? '';

    const filledIn = withPorts(settings)
      .replace('the-key-that-npm-start-printed', key)
      .replace('the-password-of-nadia', password);
    const walk = shell([filledIn, ...steps].join('\necho; echo @@\n'), {}, folder);
    expect([await walk.ended, walk.stderr()]).toEqual([0, '']);
    const answers = walk.stdout().split('\n@@\n').slice(1);
    const [, polled = '', named = '', again = '', cancelled = ''] = answers;

    expect(JSON.parse(polled)).toMatchObject({
      status: 'completed',
      outcome: 'logged_in',
      verdict: 'passed',
      submissions: { identifier: 1, password: 1, code: 0 },
      browser_profile_id: expect.stringMatching(/^bp_/),
    });
    expect(JSON.parse(named).name).toBe('Nadia at the practice site');
    expect(JSON.parse(again)).toMatchObject({
      outcome: 'already_logged_in',
      verdict: 'passed',
      submissions: { identifier: 0, password: 0, code: 0 },
    });
    expect(JSON.parse(cancelled)).toEqual({ status: 'canceled' });

    const session = path.join(folder, 'session.json');
    expect((await stat(session)).mode & 0o777).toBe(0o600);
    const [script = ''] = readmeBlocks(SECTION, 'js');
    const AsyncFunction = (async () => {}).constructor as new (
      ...args: string[]
    ) => (...values: unknown[]) => Promise<BrowserContext>;
    const inBrowser = new AsyncFunction('readFile', 'browser', `${script}\nreturn context;`);
    const browser = await chromium.launch({ executablePath: inject('chromium') });
    try {
      const context = await inBrowser(() => readFile(session, 'utf8'), browser);
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${ports[8378]}/classic/account`);
      expect(await page.locator('body').innerText()).toContain('Nadia Rahal');
    } finally {
      await browser.close();
    }
    // As Ctrl-C in each terminal.
    for (const program of [keyturn, practice]) program.signalGroup('SIGINT');
    await Promise.all([keyturn.ended, practice.ended]);
  });
});
