import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;
beforeAll(async () => {
  [service, practice] = await Promise.all([startService({ KEYTURN_CODE_TIMEOUT_SECONDS: '6' }), startPractice()]);
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

const start = async (username: string) => {
  const account = { username, password: randomPassword() };
  practice.site.accounts.set(account);
  const { body } = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url('approve'),
    ...account,
  });
  return body as { credential_id: string; workflow_run_id: string };
};
const waiting = async (started: { credential_id: string; workflow_run_id: string }) => {
  const route = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=20`;
  return (await service.call('GET', route)).body;
};

test('a run waits in sight for the phone, with the number to match, and goes on once it is approved', async () => {
  const started = await start('approves');
  const { awaiting, status } = await waiting(started);
  expect(status).toBe('running');
  expect(awaiting).toMatchObject({ kind: 'approval', channel: 'device', number: expect.stringMatching(/^\d\d$/) });
  practice.site.answerOnPhone('approves', 'approved');
  const result = await service.finished(started);
  expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in', awaiting: null });
  expect(JSON.stringify(result.evidence)).toContain(`(number ${awaiting.number})`);
  expect(practice.site.attempts('approves')).toMatchObject({ password: 1 });
});

test('a refusal on the phone is told in the words of the site', async () => {
  const started = await start('denies');
  await waiting(started);
  practice.site.answerOnPhone('denies', 'denied');
  expect(await service.finished(started)).toMatchObject({
    outcome: 'needs_approval',
    site_message: 'The sign-in request was denied on your phone.',
  });
});

test('without an answer the run ends when its time is over', async () => {
  const result = await service.finished(await start('sleeps'));
  expect(result).toMatchObject({ outcome: 'needs_approval', status: 'terminated', awaiting: null });
  expect(result.failure_reason).toContain('approval on another device');
  expect(practice.site.attempts('sleeps')).toMatchObject({ password: 1 });
});
