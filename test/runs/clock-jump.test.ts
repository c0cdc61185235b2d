import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type ServiceProgram, startServiceProgram } from '../support/service-program.ts';

const HOUR_MS = 3_600_000;
/** Of the service: what is looked at every so often has been looked at by then. */
const SWEPT_MS = 11_000;
const SHIFTED = pathToFileURL(path.resolve(import.meta.dirname, '../support/shifted-clock.ts')).href;

let practice: Practice;
let folder: string;
let service: ServiceProgram;
let sent: SentMessage[];
beforeEach(async () => {
  sent = [];
  practice = await startPractice({ deliver: (message) => sent.push(message) });
  folder = await mkdtemp(path.join(tmpdir(), 'keyturn-clock-'));
});
afterEach(async () => {
  await service.program.close();
  await practice.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['on', HOUR_MS],
  ['back', -HOUR_MS],
])(
  'a run that waits lives on when the clock jumps an hour %s, and keeps its account',
  { timeout: 120_000 },
  async (_, jump) => {
    service = await startServiceProgram(folder, {
      CLOCK_JUMP_MS: String(jump),
      NODE_OPTIONS: `--import=${SHIFTED}`,
      KEYTURN_LOGINS_PER_SECOND: '1',
    });
    const account = { username: 'ada.clock', password: practice.wrong, codeTo: 'ada.clock@lindgrove.test' };
    practice.site.accounts.set(account);
    const { username, password, codeTo } = account;
    const body = { username, password, totp_type: 'email', totp_identifier: codeTo };
    const login = async () =>
      (await service.call('POST', '/v1/credentials/test-login', { url: practice.site.url('totp-one-box'), ...body }))
        .body;
    const run = async ({ workflow_run_id: id }: { workflow_run_id: string }) =>
      (await service.call('GET', `/v1/runs/${id}`)).body;
    const first = await login();
    await expect.poll(async () => (await run(first)).awaiting).not.toBeNull();
    const second = await login();
    service.program.signal('SIGUSR2');
    // The one time that has to go by: nothing may happen in it.
    await delay(SWEPT_MS);
    expect(await run(first)).toMatchObject({ status: 'running', awaiting: { kind: 'code' } });
    expect(await run(second)).toMatchObject({ status: 'queued' });
    expect(practice.site.attempts(username).password).toBe(1);
    const code = sent.at(-1)?.code;
    const pushed = await service.call('POST', '/v1/credentials/totp', {
      totp_identifier: codeTo,
      content: code,
      workflow_run_id: first.workflow_run_id,
    });
    expect(pushed.status).toBe(200);
    await expect.poll(async () => (await run(first)).outcome).toBe('logged_in');
    expect(practice.site.attempts(username).code).toBe(1);
    await expect.poll(async () => (await run(second)).status).toBe('running');
  },
);
