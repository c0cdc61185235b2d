import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;
beforeAll(async () => {
  [service, practice] = await Promise.all([startService({ KEYTURN_CODE_TIMEOUT_SECONDS: '2' }), startPractice()]);
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

const CODES = ['vqkd-71fe-0xbr', 'htzm-40ua-9wnc', 'pl2e-88ks-ymqd'];

const newAccount = (username: string) => {
  const account = { username, password: randomPassword(), codeTo: `${username}@lindgrove.test`, recoveryCodes: CODES };
  practice.site.accounts.set(account);
  return account;
};
const store = async (account: ReturnType<typeof newAccount>, change: Record<string, unknown>) => {
  const { status, body } = await service.call('POST', '/v1/credentials', {
    name: account.username,
    credential_type: 'password',
    credential: { username: account.username, password: account.password, recovery_codes: CODES, ...change },
  });
  expect(status).toBe(201);
  return body;
};
const run = async (credentialId: string) => {
  const { body } = await service.call('POST', `/v1/credentials/${credentialId}/test`, {
    url: practice.site.url('totp-one-box'),
    start_from_profile: false,
  });
  return service.finished(body);
};
const told = (result: { evidence: { text: string }[] }) => result.evidence.map(({ text }) => text).join('\n');

test('recovery codes are used in order, once each, with a warning when few are left', {
  timeout: 120_000,
}, async () => {
  const account = newAccount('in-order');
  const credential = await store(account, { use_recovery_codes: true });
  expect(credential.recovery_codes_left).toBe(3);
  for (const left of [2, 1, 0]) {
    const result = await run(credential.credential_id);
    expect(result, told(result)).toMatchObject({ outcome: 'logged_in' });
    expect(told(result)).toContain(`${left} of the 3 recovery codes`);
    expect(told(result)).toContain('Make new ones');
    expect(JSON.stringify(result)).not.toContain(CODES[2 - left]);
    const { body } = await service.call('GET', `/v1/credentials/${credential.credential_id}`);
    expect(body.recovery_codes_left).toBe(left);
  }
  expect(practice.site.attempts(account.username)).toMatchObject({ password: 3, code: 3 });
  expect(await run(credential.credential_id)).toMatchObject({ outcome: 'code_source_missing' });
  expect(practice.site.attempts(account.username)).toMatchObject({ code: 3 });
});

test('they are left alone unless the credential says so', async () => {
  const account = newAccount('left-alone');
  const credential = await store(account, {});
  expect(await run(credential.credential_id)).toMatchObject({ outcome: 'code_source_missing' });
  expect(practice.site.attempts(account.username)).toMatchObject({ code: 0 });
});

test('one stands in for a code that did not come', async () => {
  const account = newAccount('stands-in');
  const credential = await store(account, { use_recovery_codes: true, totp_type: 'email' });
  const result = await run(credential.credential_id);
  expect(result, told(result)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1, code: 1 } });
});

test('saying so without any is refused', async () => {
  const { status, body } = await service.call('POST', '/v1/credentials', {
    name: 'none',
    credential_type: 'password',
    credential: { password: 'x', use_recovery_codes: true },
  });
  expect([status, body.errors[0].path]).toEqual([400, '/credential/recovery_codes']);
});
