import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ImportedPasskey, makePasskey } from '../support/make-passkey.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;
beforeAll(async () => {
  practice = await startPractice();
  service = await startService({ KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8,::1/128', KEYTURN_CODE_TIMEOUT_SECONDS: '20' });
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

const newAccount = async (name: string) => {
  const account = { username: `${name}@lindgrove.test`, password: randomPassword() };
  practice.site.accounts.set(account);
  return { account, passkey: await makePasskey(practice.site, account) };
};
const store = async (credential: Record<string, unknown>) => {
  const answer = await service.call('POST', '/v1/credentials', {
    name: 'with a passkey',
    credential_type: 'password',
    credential,
  });
  expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
  return answer.body as { credential_id: string; passkey_rp_id: string | null };
};
const start = async (credentialId: string, variant: string, more: Record<string, unknown> = {}, query = '') => {
  const { status, body } = await service.call('POST', `/v1/credentials/${credentialId}/test`, {
    url: practice.site.localhostUrl(variant) + query,
    start_from_profile: false,
    ...more,
  });
  expect([status, body.errors]).toEqual([200, undefined]);
  return body as { credential_id: string; workflow_run_id: string };
};
const login = async (credentialId: string, variant: string, more: Record<string, unknown> = {}) =>
  service.finished(await start(credentialId, variant, more));
const counter = (passkey: ImportedPasskey, username: string): number | undefined =>
  practice.site.passkeys.of(username).find(({ id }) => id === passkey.id)?.counter;
const LOGGED_IN = {
  outcome: 'logged_in',
  password_proven: false,
  submissions: { identifier: 0, password: 0, code: 1 },
};

test('logs in twice in a row, its counter rising by one, and again after a run that failed and one that was canceled', {
  timeout: 120_000,
}, async () => {
  const { account, passkey } = await newAccount('twice');
  const { username } = account;
  const { credential_id: id, passkey_rp_id: domain } = await store({ username, passkey });
  expect(domain).toBe('localhost');
  for (const count of [1, 2]) {
    const result = await login(id, 'passkey-button');
    expect(result, JSON.stringify(result.evidence)).toMatchObject(LOGGED_IN);
    expect(result.browser_profile_id).not.toBeNull();
    expect(counter(passkey, username)).toBe(count);
  }
  // The page is gone before it could sign: nothing was used, nothing is lost.
  expect(await login(id, 'classic')).toMatchObject({ outcome: 'needs_more_information', submissions: { code: 0 } });
  const canceled = await start(id, 'passkey-button', {}, '?delay=20000');
  await expect.poll(() => counter(passkey, username), { timeout: 20_000, interval: 20 }).toBe(3);
  await service.call('POST', `/v1/runs/${canceled.workflow_run_id}/cancel`);
  expect(await login(id, 'passkey-button')).toMatchObject(LOGGED_IN);
  expect(counter(passkey, username)).toBe(4);
  practice.site.passkeys.forget(passkey.id);
  const refused = await login(id, 'passkey-button');
  expect(refused, JSON.stringify(refused.evidence)).toMatchObject({
    outcome: 'wrong_code',
    site_message: 'This passkey was not recognised.',
    submissions: { code: 1 },
  });
  expect(refused.failure_reason).toContain('refused the passkey');
});

test('the saved profile works without the passkey', async () => {
  const { account, passkey } = await newAccount('profile');
  const { credential_id: id } = await store({ username: account.username, passkey });
  expect(await login(id, 'passkey-conditional')).toMatchObject(LOGGED_IN);
  const again = await login(id, 'passkey-conditional', { start_from_profile: true });
  expect(again, JSON.stringify(again.evidence)).toMatchObject({
    outcome: 'already_logged_in',
    submissions: { code: 0 },
  });
  expect(counter(passkey, account.username)).toBe(1);
});

test('a page that asks by itself gets the passkey, also when there is a password', async () => {
  const { account, passkey } = await newAccount('conditional');
  const { credential_id: id } = await store({ ...account, passkey });
  const result = await login(id, 'passkey-conditional');
  expect(result, JSON.stringify(result.evidence)).toMatchObject(LOGGED_IN);
  expect(practice.site.attempts(account.username)).toMatchObject({ code: 1 });
  practice.site.passkeys.forget(passkey.id);
  expect(await login(id, 'passkey-conditional')).toMatchObject({ outcome: 'wrong_code' });
});

test('the name is typed first where the page wants it', async () => {
  const { account, passkey } = await newAccount('named');
  const { credential_id: id } = await store({ username: account.username, passkey });
  const result = await login(id, 'passkey-named');
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    ...LOGGED_IN,
    submissions: { identifier: 1, password: 0, code: 1 },
  });
  practice.site.passkeys.forget(passkey.id);
  expect(await login(id, 'passkey-named')).toMatchObject({
    outcome: 'wrong_code',
    site_message: 'There is no passkey for this account.',
    submissions: { code: 0 },
  });
});

test('the form that stays for a while after the passkey was taken asks for nothing', async () => {
  const { account, passkey } = await newAccount('lingers');
  const { credential_id: id } = await store({ username: account.username, passkey });
  const result = await login(id, 'passkey-lingers');
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    ...LOGGED_IN,
    submissions: { identifier: 1, password: 0, code: 1 },
  });
});

test('a passkey that is asked for after the password, which is proven', async () => {
  const { account, passkey } = await newAccount('second');
  const { credential_id: id } = await store({ ...account, passkey });
  const result = await login(id, 'passkey-second');
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    outcome: 'logged_in',
    password_proven: true,
    submissions: { password: 1, code: 1 },
  });
});

test('with a password and a code the passkey is left alone, and the code is still sent', async () => {
  const { account, passkey } = await newAccount('left');
  const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  practice.site.accounts.set({ ...account, totp: seed });
  const { credential_id: id } = await store({ ...account, totp: seed, passkey });
  const result = await login(id, 'passkey-button');
  expect(result, JSON.stringify(result.evidence)).toMatchObject({
    outcome: 'logged_in',
    password_proven: true,
    submissions: { password: 1, code: 1 },
  });
  expect(counter(passkey, account.username)).toBe(0);
});

test('a run that is canceled at the password says so, and that its passkey was not used', async () => {
  const { account, passkey } = await newAccount('canceled');
  const { username, password } = account;
  const { credential_id: id } = await store({ username, password, passkey });
  // The password was given once to make the passkey.
  const { password: given } = practice.site.attempts(username);
  const started = await start(id, 'slow', {}, '?delay=30000');
  await expect.poll(() => practice.site.attempts(username).password, { timeout: 20_000 }).toBe(given + 1);
  const path = `/v1/credentials/${id}/test/${started.workflow_run_id}`;
  expect((await service.call('POST', `${path}/cancel`)).body).toEqual({ status: 'canceled' });
  const { body } = await service.call('GET', path);
  expect(body.failure_reason).toContain('at the password');
  await expect.poll(async () => (await service.call('GET', path)).body.submissions).toMatchObject({ code: 0 });
});

test('two credentials with one passkey take turns, and neither goes back behind the other', async () => {
  const { account, passkey } = await newAccount('turns');
  const one = await store({ username: account.username, passkey });
  const other = await store({ passkey });
  const runs = await Promise.all([
    start(one.credential_id, 'passkey-button', {}, '?delay=1500'),
    start(other.credential_id, 'passkey-button', {}, '?delay=1500'),
  ]);
  const results = await Promise.all(runs.map((run) => service.finished(run)));
  for (const result of results) expect(result, JSON.stringify(result.evidence)).toMatchObject(LOGGED_IN);
  expect(counter(passkey, account.username)).toBe(2);
});

test('a passkey of another domain is not put into the browser', async () => {
  const { account, passkey } = await newAccount('elsewhere');
  const { credential_id: id } = await store({
    username: account.username,
    passkey: { ...passkey, rp_id: 'lindgrove.test' },
  });
  const result = await login(id, 'passkey-button');
  expect(result).toMatchObject({ outcome: 'needs_more_information', submissions: { code: 0 } });
  expect(JSON.stringify(result.evidence)).toContain('the passkey is for lindgrove.test');
});
