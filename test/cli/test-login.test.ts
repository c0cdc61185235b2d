import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { processesUsing } from '../support/processes.ts';
import { type Service, startService } from '../support/service.ts';
import { triedOf } from '../support/thorough.ts';
import { type CommandLine, commandLine } from './command-line.ts';

const TIMEOUT_MS = 60_000;

let line: CommandLine;
let practice: Practice;
beforeEach(async () => {
  practice = await startPractice();
  line = await commandLine({ KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8' });
});
afterEach(async () => {
  await line.close();
  await practice.close();
});

/** Nothing of the service that the command started for itself. */
function nothingLeft(): void {
  expect(readdirSync(line.folder)).toEqual([]);
  expect(processesUsing(line.folder)).toEqual([]);
}

const asAda = (variant: string): string[] => {
  return ['test-login', '--url', practice.site.url(variant), '--username', practice.ada.username];
};

describe('keyturn test-login by itself', { timeout: TIMEOUT_MS }, () => {
  test('a login that works: for people, exit code 0', async () => {
    const ended = await line.run(asAda('classic'), { input: `${practice.ada.password}\n` });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^✔ passed: logged_in\n/);
    expect(ended.stdout).toContain('submitted: identifier 1, password 1, code 0');
    expect(ended.stdout + ended.stderr).not.toContain(practice.ada.password);
    expect(practice.site.attempts(practice.ada.username)).toMatchObject({ password: 1 });
    nothingLeft();
  });

  test('a login that does not: for programs, exit code 1', async () => {
    const wrong = practice.wrong;
    const ended = await line.run([...asAda('classic'), '--json'], { input: wrong });
    expect(ended.code).toBe(1);
    const lines = ended.stdout.split('\n');
    expect([lines.length, lines[1]]).toEqual([2, '']);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      status: 'terminated',
      outcome: 'wrong_credentials',
      verdict: 'failed',
      submissions: { identifier: 1, password: 1, code: 0 },
    });
    expect(ended.stdout + ended.stderr).not.toContain(wrong);
    expect(practice.site.attempts(practice.ada.username)).toMatchObject({ password: 1 });
    nothingLeft();
  });

  test('nobody can tell: exit code 3', async () => {
    const closed = `http://127.0.0.1:${await freePort()}/login`;
    const ended = await line.run(['test-login', '--url', closed, '--json'], { input: 'kt-nobody' });
    expect(ended.code).toBe(3);
    expect(JSON.parse(ended.stdout)).toMatchObject({ outcome: 'unreachable', verdict: 'unknown' });
    nothingLeft();
  });

  test('the seed on the second line of standard input', async () => {
    const { username, password, totp } = practice.grace;
    const ended = await line.run(
      ['test-login', '--totp-secret', '--url', practice.site.url('six-boxes'), '--username', username],
      { input: `${password}\n${totp}\n` },
    );
    expect(ended.stdout).toMatch(/^✔ passed: logged_in\n/);
    expect(practice.site.attempts(username)).toMatchObject({ password: 1, code: 1 });
    expect(ended.stdout + ended.stderr).not.toMatch(new RegExp(totp));
  });

  test('a seed among the arguments is not in the process list', async () => {
    const { username, password, totp } = practice.grace;
    const program = line.start(
      ['test-login', '--url', practice.site.url('slow'), '--username', username, '--totp-secret', totp],
      { input: password },
    );
    await expect.poll(() => practice.site.log().length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(readFileSync(`/proc/${program.pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()).toBe('keyturn');
    await program.ended;
  });

  test('Ctrl-C cancels the login and leaves nothing', async () => {
    const program = line.start([...asAda('slow'), '--json'], { input: practice.ada.password });
    await expect.poll(() => practice.site.log().length, { timeout: 30_000 }).toBe(1);
    program.signal('SIGINT');
    expect(await program.ended).toBe(3);
    expect(JSON.parse(program.stdout())).toMatchObject({ status: 'canceled', verdict: 'unknown', outcome: null });
    expect(practice.site.log().length).toBe(1);
    nothingLeft();
  });

  const WRONG: [string, string[], string, number, RegExp][] = [
    ['no page', ['test-login'], 'kt', 2, /required option '--url <url>'/],
    ['no password', ['test-login', '--url', 'https://example.com'], '', 2, /password is expected on standard input/],
    ['no seed', ['test-login', '--url', 'https://example.com', '--totp-secret'], 'kt', 2, /seed is expected on line 2/],
    ['no address', ['test-login', '--url', 'ftp://example.com'], 'kt', 2, /URL's scheme must be http or https/],
    [
      'no base32',
      ['test-login', '--url', 'https://example.com', '--totp-secret', 'M8M8'],
      'kt',
      2,
      /TOTP seed holds a character that is not base32/,
    ],
  ];
  test.for(triedOf(WRONG))('%s: exit code 2', async ([, args, input, code, sentence]) => {
    const ended = await line.run(args, { input });
    expect(ended.stderr).toMatch(sentence);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    nothingLeft();
  });

  test('a private address that nobody allowed', async () => {
    const ended = await line.run(asAda('classic'), { input: 'kt', env: { KEYTURN_ALLOW_NETWORKS: '' } });
    expect(ended.stderr).toMatch(/^keyturn: .*KEYTURN_ALLOW_NETWORKS/);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(practice.site.log()).toEqual([]);
  });
});

describe('keyturn test-login with KEYTURN_URL', { timeout: TIMEOUT_MS }, () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  test('the service logs in', async () => {
    const env = { KEYTURN_URL: `${service.url}/`, KEYTURN_API_KEY: service.key };
    const ended = await line.run([...asAda('classic'), '--json'], { input: practice.ada.password, env });
    expect(ended.code).toBe(0);
    const run = JSON.parse(ended.stdout);
    expect(run.outcome).toBe('logged_in');
    const { body } = await service.call('GET', `/v1/runs/${run.workflow_run_id}`);
    expect(body.status).toBe('completed');
    expect(readdirSync(line.folder)).toEqual([]);
  });

  test('what stands in the way is one sentence', async () => {
    const input = practice.ada.password;
    const run = (env: Record<string, string>) => line.run(asAda('classic'), { input, env });
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await run({ KEYTURN_URL: service.url })).toEqual({
      code: 3,
      stdout: '',
      stderr: 'keyturn: KEYTURN_URL is set, so KEYTURN_API_KEY must be set too.\n',
    });
    expect(await run({ KEYTURN_URL: service.url, KEYTURN_API_KEY: 'not-the-key-of-the-service' })).toEqual({
      code: 3,
      stdout: '',
      stderr: 'keyturn: The API key is missing, unknown or revoked.\n',
    });
    expect(await run({ KEYTURN_URL: nobody, KEYTURN_API_KEY: service.key })).toEqual({
      code: 3,
      stdout: '',
      stderr: `keyturn: The service at ${nobody} does not answer.\n`,
    });
    expect(practice.site.log()).toEqual([]);
  });
});
