import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { processesUsing } from '../support/processes.ts';
import { triedOf } from '../support/thorough.ts';
import { type CommandLine, commandLine } from './command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await commandLine();
});
afterEach(() => line.close());

function nothingLeft(): void {
  expect(readdirSync(line.folder)).toEqual([]);
  expect(processesUsing(line.folder)).toEqual([]);
}

describe('keyturn demo', { timeout: 90_000 }, () => {
  test('shows a login with a code, the profile, and a run that starts from it', async () => {
    const { code, stdout, stderr } = await line.run(['demo']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Log in, once: logged_in');
    expect(stdout).toContain('Run again, starting from the saved profile: already_logged_in');
    const [, first = '', second = ''] = stdout.split(/^(?:First|Second) run.*\n/m);
    expect(first).toMatch(/^✔ passed: logged_in\n/);
    expect(first).toContain('submitted: identifier 1, password 1, code 1');
    expect(first).toMatch(/browser profile bp_/);
    expect(second).toMatch(/^✔ passed: already_logged_in\n/);
    expect(second).toContain('submitted: identifier 0, password 0, code 0');
    expect(stdout).toContain("The site's own server counted 1 password and 1 code over both runs.");
    nothingLeft();
  });

  test.each(triedOf(['SIGINT', 'SIGTERM'] as const))('%s in the middle leaves nothing', async (signal) => {
    const program = line.start(['demo']);
    await program.printed(/Log in, once/, 60_000);
    program.signal(signal);
    expect(await program.ended).toBe(3);
    expect(program.stderr()).toMatch(
      /^(✖ .*\[FAILED: stopped\]\n)?keyturn: The demo was stopped; nothing was left behind\.\n$/,
    );
    nothingLeft();
  });
});

describe('keyturn browser ensure', () => {
  test('prints the Chromium it found', async () => {
    expect(await line.run(['browser', 'ensure'])).toMatchObject({ code: 0, stdout: `${inject('chromium')}\n` });
  });

  test('says in one sentence what is wrong with the given one', async () => {
    const ended = await line.run(['browser', 'ensure'], { env: { KEYTURN_CHROMIUM: '/nowhere/chromium' } });
    expect([ended.code, ended.stdout]).toEqual([3, '']);
    expect(ended.stderr).toMatch(/^keyturn: .*\/nowhere\/chromium.*\n$/);
  });
});
