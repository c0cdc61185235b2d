import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startService, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('the two test routes', (databases) => {
  let service: Service;
  let practice: Practice;
  beforeAll(async () => {
    [service, practice] = await Promise.all([startServiceOn(databases), startPractice()]);
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  const testLogin = (body: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer> =>
    service.call('POST', '/v1/credentials/test-login', body, headers);
  const adaAt = (variant: string, change: Record<string, unknown> = {}) => ({
    url: practice.site.url(variant),
    username: practice.ada.username,
    password: practice.ada.password,
    ...change,
  });
  const graceAt = (variant: string, change: Record<string, unknown> = {}) => ({
    url: practice.site.url(variant),
    username: practice.grace.username,
    password: practice.grace.password,
    ...change,
  });
  const rows = async (): Promise<number[]> => {
    const db = service.runtime.services.storage.database.asSystem('sweep');
    return Promise.all([db.credential.count(), db.vaultItem.count(), db.run.count(), db.workflow.count()]);
  };

  describe('what a login test refuses', () => {
    const secret = 'Kt-refused-8d1f4c';
    /** Where a login may start, and nobody is. */
    const NOBODY = { url: 'http://127.0.0.1:1/login' };
    const refused = databases.rowsOnce<[string, Record<string, unknown>, number, string]>([
      ['no url', { url: undefined }, 400, 'invalid_request'],
      ['an empty url', { url: '' }, 400, 'invalid_request'],
      ['a url that is a number', { url: 5 }, 400, 'invalid_request'],
      ['ftp', { url: 'ftp://example.com/' }, 400, 'invalid_url'],
      ['javascript', { url: 'javascript:alert(1)' }, 400, 'invalid_url'],
      ['a file', { url: 'file:///etc/passwd' }, 400, 'invalid_url'],
      ['userinfo', { url: 'https://ada:pw@example.com/' }, 400, 'invalid_url'],
      ['no host', { url: 'https://' }, 400, 'invalid_url'],
      ['a private address', { url: 'http://10.1.2.3/login' }, 400, 'address_not_allowed'],
      ['a private address in decimal', { url: 'http://167838211/' }, 400, 'address_not_allowed'],
      ['a private address in hex', { url: 'http://0x0a010203/' }, 400, 'address_not_allowed'],
      ['an IPv4 address in IPv6', { url: 'http://[::ffff:10.1.2.3]/' }, 400, 'address_not_allowed'],
      ['the address of a cloud', { url: 'http://169.254.169.254/latest/' }, 400, 'address_not_allowed'],
      ['IPv6 loopback', { url: 'http://[::1]/' }, 400, 'address_not_allowed'],
      ['no password', { password: undefined }, 400, 'invalid_request'],
      ['an unknown field', { pass_word: 'x' }, 400, 'invalid_request'],
      ['a malformed seed', { totp: '0189!!' }, 400, 'invalid_totp'],
      ['an unknown outcome', { expect: 'happiness' }, 400, 'invalid_request'],
      ['no outcome at all', { expect: [] }, 400, 'invalid_request'],
      ['a leap second', { ...NOBODY, accept_codes_from: '2026-06-30T23:59:60Z' }, 400, 'invalid_request'],
      ['the year 0', { ...NOBODY, accept_codes_from: '0000-01-01T00:00:00Z' }, 400, 'invalid_request'],
    ]);
    test.each(refused)('%s', async (_name, change, status, code) => {
      const before = await rows();
      const answer = await testLogin({ url: 'https://example.com/', username: 'ada', password: secret, ...change });
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(answer.text + service.log()).not.toContain(secret);
      expect(await rows()).toEqual(before);
    });

    databases.testOnce('loopback is private too where nothing is allowed', async () => {
      const closed = await startService({ KEYTURN_ALLOW_NETWORKS: '' });
      try {
        const answer = await closed.call('POST', '/v1/credentials/test-login', adaAt('classic'));
        expect([answer.status, answer.body.code]).toEqual([400, 'address_not_allowed']);
        expect(answer.body.detail).toContain('KEYTURN_ALLOW_NETWORKS');
      } finally {
        await closed.close();
      }
    });

    databases.testOnce('a url without a scheme is taken for https', async () => {
      const { body } = await testLogin({
        url: `${new URL(practice.site.origin).host}/classic/login`,
        password: secret,
      });
      const run = await service.finished(body);
      expect(run).toMatchObject({ outcome: 'unreachable', outcome_details: { kind: 'tls' }, verdict: 'unknown' });
      const { body: detail } = await service.call('GET', `/v1/runs/${run.workflow_run_id}`);
      expect(detail.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/classic\/login$/);
    });
  });

  describe('a temporary credential', () => {
    const lasting = databases.rowsOnce([
      ['a name', 'PATCH', '', { name: 'Ada for good' }],
      ['an update', 'POST', '/update', { credential: { username: 'ada', password: 'another one' } }],
    ] as const);
    test.each(lasting)(
      'of a login that worked lives a day, or for good after %s',
      async (_name, method, tail, change) => {
        const { body: started } = await testLogin(adaAt('classic'));
        expect(started).toEqual({
          credential_id: expect.stringMatching(/^cred_/),
          workflow_run_id: expect.stringMatching(/^wr_/),
          status: 'running',
        });
        const run = await service.finished(started);
        expect(run).toMatchObject({ status: 'completed', tested_url: practice.site.url('classic') });
        const path = `/v1/credentials/${started.credential_id}`;
        const { body: kept } = await service.call('GET', path);
        expect(kept).toMatchObject({
          name: `_test_login_${practice.ada.username}`,
          temporary: true,
          vault_type: 'local',
          browser_profile_id: run.browser_profile_id,
          tested_url: run.tested_url,
        });
        const hours = (Date.parse(kept.expires_at) - Date.parse(run.finished_at)) / 3_600_000;
        expect(Math.round(hours)).toBe(24);
        const listed = async (query: string) =>
          (await service.call('GET', `/v1/credentials?page_size=200${query}`)).body.some(
            ({ credential_id: id }: { credential_id: string }) => id === started.credential_id,
          );
        expect([await listed(''), await listed('&include_temporary=true')]).toEqual([false, true]);
        const { body: permanent } = await service.call(method, path + tail, change);
        expect(permanent).toMatchObject({ temporary: false, expires_at: null });
        expect(await listed('')).toBe(true);
        expect((await service.call('DELETE', path)).status).toBe(204);
        expect((await service.call('GET', `/v1/browser_profiles/${run.browser_profile_id}`)).status).toBe(404);
      },
    );

    test('of any other end is gone with its secret, and the run still answers', async () => {
      const before = await rows();
      const { body: started } = await testLogin(adaAt('classic', { password: practice.wrong }));
      const run = await service.finished(started);
      expect(run).toMatchObject({ status: 'terminated', browser_profile_id: null, tested_url: null });
      expect((await service.call('GET', `/v1/credentials/${started.credential_id}`)).status).toBe(404);
      const [credentials, secrets] = await rows();
      expect([credentials, secrets]).toEqual(before.slice(0, 2));
      expect(await service.finished(started)).toEqual(run);
      const cancel = await service.call(
        'POST',
        `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}/cancel`,
      );
      expect([cancel.status, cancel.body]).toEqual([200, { status: 'cancel_failed' }]);
      expect(await service.finished(started)).toEqual(run);
    });
  });

  describe('the verdict', () => {
    databases.testOnce('a password that must be dead is proven dead, and leaves no profile', async () => {
      const { body } = await testLogin(adaAt('classic', { password: practice.wrong, expect: 'wrong_credentials' }));
      expect(await service.finished(body)).toMatchObject({ outcome: 'wrong_credentials', verdict: 'passed' });
      const alive = await testLogin(adaAt('totp-one-box', { expect: ['wrong_credentials', 'account_locked'] }));
      expect(await service.finished(alive.body)).toMatchObject({
        outcome: 'logged_in',
        verdict: 'failed',
        browser_profile_id: null,
        browser_profile_failure_reason: null,
      });
    });

    databases.testOnce('a failure that was expected is no longer unknown', async () => {
      const { body } = await testLogin(adaAt('article', { expect: 'not_a_login_page' }));
      expect(await service.finished(body)).toMatchObject({ status: 'failed', verdict: 'passed' });
    });

    databases.testOnce('a code that nobody can say ends the run', async () => {
      const { body } = await testLogin(graceAt('totp-one-box', { totp_type: 'none' }));
      expect(await service.finished(body)).toMatchObject({
        status: 'terminated',
        outcome: 'code_source_missing',
        terminate_rule: 'asks_for_more',
        submissions: { password: 1, code: 0 },
      });
    });

    test('no profile where none was asked for', async () => {
      const { body } = await testLogin(adaAt('classic', { save_browser_profile: false }));
      expect(await service.finished(body)).toMatchObject({
        outcome: 'logged_in',
        browser_profile_id: null,
        browser_profile_failure_reason: null,
      });
    });
  });

  describe('the workflow', () => {
    const workflowOf = async (runId: string) => {
      const { body } = await service.call('GET', `/v1/runs/${runId}`);
      return (await service.call('GET', `/v1/workflows/${body.workflow_permanent_id}`)).body;
    };

    test('of a login test is fresh, and shown as it is', async () => {
      const { body: started } = await testLogin(
        graceAt('article', { totp: practice.grace.totp, save_browser_profile: false }),
      );
      await service.finished(started);
      const workflow = await workflowOf(started.workflow_run_id);
      expect(workflow).toMatchObject({
        workflow_permanent_id: expect.stringMatching(/^wpid_/),
        title: `Login Test - ${practice.grace.username}`,
        status: 'auto_generated',
        persist_browser_session: false,
        parameters: [{ key: 'credential', parameter_type: 'credential', credential_id: started.credential_id }],
      });
      expect(workflow.blocks).toEqual([
        {
          block_type: 'login',
          label: 'login',
          url: practice.site.url('article'),
          navigation_goal: expect.stringContaining('Go to the login page'),
          terminate_criterion: expect.stringMatching(/./),
          rules: expect.any(Array),
          max_steps_per_run: 5,
          parameter_keys: ['credential'],
          totp_identifier: null,
          totp_url: null,
        },
      ]);
      const [block] = workflow.blocks;
      expect(block.rules.map(({ id }: { id: string }) => id)).toEqual([
        'error_after_attempt',
        'asks_for_more',
        'submitted_without_success',
      ]);
    });

    databases.testOnce('of a stored credential with a profile checks first', async () => {
      const { body: credential } = await service.call('POST', '/v1/credentials', {
        name: 'Ada at work',
        credential_type: 'password',
        credential: { username: practice.ada.username, password: practice.ada.password },
      });
      const run = async () => {
        const path = `/v1/credentials/${credential.credential_id}/test`;
        const { body } = await service.call('POST', path, { url: practice.site.url('classic') });
        await service.finished(body);
        return workflowOf(body.workflow_run_id);
      };
      const first = await run();
      expect(first).toMatchObject({ title: 'Credential Test - Ada at work', persist_browser_session: true });
      expect(first.blocks[0]).toMatchObject({
        max_steps_per_run: 3,
        navigation_goal: expect.stringContaining('Go to the login page'),
      });
      expect((await run()).blocks[0].navigation_goal).toContain('signs of a session first');
    });
  });

  test('the same Idempotency-Key starts one run', async () => {
    const before = practice.site.attempts(practice.ada.username).password;
    const headers = { 'idempotency-key': 'once-and-only-once' };
    const [one, two] = [await testLogin(adaAt('classic'), headers), await testLogin(adaAt('classic'), headers)];
    expect(two.body).toEqual(one.body);
    const other = await testLogin(adaAt('slow'), headers);
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_mismatch']);
    await service.finished(one.body);
    expect(practice.site.attempts(practice.ada.username).password - before).toBe(1);
  });

  databases.testOnce('a screenshot of the end can be fetched and is a picture', async () => {
    const { body: started } = await testLogin(adaAt('classic', { password: practice.wrong }));
    const run = await service.finished(started);
    const shown = run.evidence.find(({ artifact }: { artifact?: string }) => artifact);
    const response = await fetch(`${service.url}/v1/runs/${run.workflow_run_id}/artifacts/${shown.artifact}`, {
      headers: { authorization: `Bearer ${service.key}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });
});
