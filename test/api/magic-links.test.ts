import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;
let sent: SentMessage[] = [];
beforeAll(async () => {
  practice = await startPractice({ deliver: (message) => sent.push(message) });
  service = await startService({ KEYTURN_CODE_TIMEOUT_SECONDS: '20' });
});
beforeEach(() => {
  sent = [];
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

const newAccount = (name: string) => {
  const address = `${name}@lindgrove.test`;
  const account = { username: address, password: 'not asked for here', codeTo: address };
  practice.site.accounts.set(account);
  return account;
};
const start = async (body: Record<string, unknown>) => {
  const answer = await service.call('POST', '/v1/credentials/test-login', body);
  expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
  return answer.body as { credential_id: string; workflow_run_id: string };
};
const startAt = (username: string) => start({ url: practice.site.url('magic-link'), username, totp_type: 'email' });
const mailTo = async (username: string): Promise<string> => {
  await expect.poll(() => sent.some((message) => message.username === username)).toBe(true);
  return sent.findLast((message) => message.username === username)?.code ?? '';
};
const waiting = async (started: { credential_id: string; workflow_run_id: string }): Promise<Answer['body']> => {
  const route = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=20`;
  return (await service.call('GET', route)).body;
};
const push = (totp_identifier: string, content: string) =>
  service.call('POST', '/v1/totp', { totp_identifier, content });
const token = (link: string): string => new URL(link).searchParams.get('token') ?? '';
/** What anybody could have seen of a link. */
const seen = (): string => service.log() + service.answers().join('\n');

test('the name is submitted, the link waited for and opened once', async () => {
  const { username } = newAccount('link');
  const started = await startAt(username);
  const link = await mailTo(username);
  expect((await waiting(started)).awaiting).toMatchObject({ kind: 'magic_link', channel: 'email' });
  const before = service.answers().length;
  const pushed = await push(
    username,
    `<p>Hello,</p><p><a href="${link.replaceAll('&', '&amp;')}">Sign in to Lindgrove</a></p><p>If it was not you, ignore this mail.</p>`,
  );
  expect(pushed.body).toMatchObject({ otp_type: 'magic_link', code: link });
  const result = await service.finished(started);
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    outcome: 'logged_in',
    password_proven: false,
    submissions: { identifier: 1, password: 0, code: 1 },
  });
  expect(result.browser_profile_id).not.toBeNull();
  expect(practice.site.attempts(username)).toMatchObject({ identifier: 1, code: 1 });
  // The push itself was answered with what it said.
  const later = service
    .answers()
    .slice(before + 1)
    .join('\n');
  for (const text of [service.log(), later]) expect(text).not.toContain(token(link));
});

test('a link that leads elsewhere is not opened', async () => {
  const { username } = newAccount('elsewhere');
  const started = await startAt(username);
  await waiting(started);
  const foreign = (await mailTo(username)).replace('127.0.0.1', 'localhost');
  await push(username, `Use this link to sign in: ${foreign}`);
  const result = await service.finished(started);
  expect(result).toMatchObject({ outcome: 'egress_denied', submissions: { code: 0 } });
  expect(result.failure_reason).toContain('http://localhost');
  expect(practice.site.attempts(username)).toMatchObject({ code: 0 });
});

test('a link that is over is told in the words of the site', async () => {
  const { username } = newAccount('over');
  const started = await startAt(username);
  await waiting(started);
  const link = await mailTo(username);
  await fetch(link);
  await push(username, `Use this link to sign in: ${link}`);
  expect(await service.finished(started)).toMatchObject({
    outcome: 'wrong_code',
    site_message: 'This link has expired or was used already.',
  });
});

test('a link that never comes ends the run when its time is over', async () => {
  const { username } = newAccount('silence');
  expect(await service.finished(await startAt(username))).toMatchObject({ outcome: 'code_timeout' });
});

test.each([true, undefined])(
  'a run starts at such a link (said so: %s): opened once, and only its origin is kept',
  async (said) => {
    const { username } = newAccount(`start-${said}`);
    const asking = await startAt(username);
    const link = await mailTo(username);
    await service.call('POST', `/v1/runs/${asking.workflow_run_id}/cancel`);
    const started = await start({ url: link, username, ...(said !== undefined && { url_is_secret: said }) });
    const result = await service.finished(started);
    const { origin } = new URL(link);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'logged_in',
      tested_url: `${origin}/`,
      submissions: { identifier: 0, password: 0, code: 1 },
    });
    expect(practice.site.attempts(username)).toMatchObject({ code: 1 });
    const run = (await service.call('GET', `/v1/runs/${started.workflow_run_id}`)).body;
    const workflow = (await service.call('GET', `/v1/workflows/${run.workflow_permanent_id}`)).body;
    await service.call('GET', `/v1/runs/${started.workflow_run_id}/events`);
    expect([run.url, workflow.blocks[0].url]).toEqual([`${origin}/`, `${origin}/`]);
    expect(seen()).not.toContain(token(link));
    const row = await service.runtime.services.storage.database
      .asSystem('sweep')
      .run.findFirstOrThrow({ where: { id: started.workflow_run_id } });
    expect([row.url_is_secret, row.start_url_sealed]).toEqual([true, null]);
  },
);

test('a used link at the start is no login', async () => {
  const { username } = newAccount('used');
  const asking = await startAt(username);
  const link = await mailTo(username);
  await service.call('POST', `/v1/runs/${asking.workflow_run_id}/cancel`);
  await fetch(link);
  const result = await service.finished(await start({ url: link, username, url_is_secret: true }));
  expect(result).toMatchObject({ outcome: 'wrong_code', browser_profile_id: null });
});

test('without a password a login needs another way in', async () => {
  const { status, body } = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url('classic'),
    username: 'ada',
  });
  expect([status, body.errors[0].path]).toEqual([400, '/password']);
  const { username } = newAccount('asked');
  const result = await service.finished(
    await start({ url: practice.site.url('classic'), username, totp_type: 'email' }),
  );
  expect(result).toMatchObject({ outcome: 'needs_more_information', submissions: { password: 0 } });
});
