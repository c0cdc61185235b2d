import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealApplication, startNodeRed, startVerdaccio } from '../support/real-applications.ts';
import { type Service, startService } from '../support/service.ts';

/** Pages of megabytes, on a machine that is busy with other tests. */
const RUN_MS = 120_000;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const applications: [string, () => Promise<RealApplication>][] = [
  ['Node-RED', startNodeRed],
  ['Verdaccio', startVerdaccio],
];

describe.each(applications)('%s', (_name, start) => {
  let application: RealApplication;
  beforeAll(async () => {
    application = await start();
  });
  afterAll(() => application.close());

  it('refuses a wrong password in its own words, with one attempt', { timeout: RUN_MS }, async () => {
    const before = application.attempts();
    const { body } = await service.call('POST', '/v1/credentials/test-login', {
      url: application.loginUrl,
      username: application.username,
      password: 'not-the-right-one-71',
    });
    const run = await service.finished(body);
    expect(run).toMatchObject({
      status: 'terminated',
      outcome: 'wrong_credentials',
      verdict: 'failed',
      terminate_rule: 'error_after_attempt',
      submissions: { password: 1 },
      browser_profile_id: null,
    });
    expect(run.site_message).toBeTruthy();
    expect(application.attempts() - before).toBe(1);
  });

  it('logs in with the right password once, and again from the profile without any', {
    timeout: 2 * RUN_MS,
  }, async () => {
    const before = application.attempts();
    const { body: credential } = await service.call('POST', '/v1/credentials', {
      name: 'application',
      credential_type: 'password',
      credential: { username: application.username, password: application.password },
    });
    const first = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
      url: application.loginUrl,
    });
    const run = await service.finished(first.body);
    expect(run).toMatchObject({
      status: 'completed',
      outcome: 'logged_in',
      verdict: 'passed',
      password_proven: true,
      browser_profile_failure_reason: null,
    });
    expect(run.browser_profile_id).toMatch(/^bp_/);
    expect(application.attempts() - before).toBe(1);

    const second = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
      url: application.loginUrl,
    });
    const again = await service.finished(second.body);
    expect(again).toMatchObject({
      outcome: 'already_logged_in',
      password_proven: false,
      submissions: { identifier: 0, password: 0, code: 0 },
      browser_profile_id: run.browser_profile_id,
    });
    expect(application.attempts() - before).toBe(1);
  });
});
