import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import type { PracticeAccount } from '../../src/practice/accounts.ts';
import type { SentMessage } from '../../src/practice/variant.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

/** More than one login on a busy machine. */
const SEVERAL_RUNS_MS = 120_000;
const SEVERAL_RUNS = { timeout: SEVERAL_RUNS_MS };

describeOnEachDatabase('codes that arrive', (databases) => {
  let service: Service;
  let practice: Practice;
  let sent: SentMessage[];
  beforeAll(async () => {
    practice = await startPractice({ deliver: (message) => sent.push(message) });
    service = await startServiceOn(databases, { KEYTURN_RUNS_PER_WORKER: '4', KEYTURN_CODE_TIMEOUT_SECONDS: '60' });
  });
  beforeEach(() => {
    sent = [];
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  /** An account of the practice site whose codes are sent to an address. */
  const accountWith = (name: string, codeTo = `${name}@lindgrove.test`): PracticeAccount => {
    const account = { username: name, password: randomPassword(), codeTo };
    practice.site.accounts.set(account);
    return account;
  };
  const testLogin = async (account: PracticeAccount, change: Record<string, unknown> = {}) => {
    const { status, body } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username: account.username,
      password: account.password,
      totp_type: 'email',
      totp_identifier: account.codeTo,
      save_browser_profile: false,
      ...change,
    });
    expect([status, body.errors]).toEqual([200, undefined]);
    return body as { credential_id: string; workflow_run_id: string };
  };
  const waiting = (started: { credential_id: string; workflow_run_id: string }) =>
    expect
      .poll(async () => (await poll(started)).awaiting)
      .not.toBeNull()
      .then(() => poll(started));
  const poll = async (started: { credential_id: string; workflow_run_id: string }): Promise<Answer['body']> =>
    (await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`)).body;
  const push = (body: Record<string, unknown>, headers: Record<string, string> = {}) =>
    service.call('POST', '/v1/credentials/totp', body, headers);
  const list = async (query = '') => (await service.call('GET', `/v1/credentials/totp${query}`)).body;
  const codeOf = (account: PracticeAccount): string =>
    sent.findLast(({ username }) => username === account.username)?.code ?? '';

  databases.testOnce('a run waits in sight, and a pushed code lets it in', async () => {
    const ada = accountWith('ada.mail');
    const started = await testLogin(ada);
    const { awaiting, status } = await waiting(started);
    expect(status).toBe('running');
    expect(awaiting).toEqual({
      kind: 'code',
      channel: 'email',
      identifier: 'a***@lindgrove.test',
      since: expect.any(String),
      deadline: expect.any(String),
    });
    expect(Date.parse(awaiting.deadline) - Date.parse(awaiting.since)).toBeGreaterThan(55_000);
    const { status: pushed, body } = await push({
      totp_identifier: ' Ada.Mail@Lindgrove.test ',
      content: ` ${codeOf(ada)} `,
    });
    expect(pushed).toBe(200);
    expect(body).toMatchObject({
      totp_code_id: expect.stringMatching(/^totp_/),
      totp_identifier: 'Ada.Mail@Lindgrove.test',
      code: codeOf(ada),
      otp_type: 'totp',
      organization_id: expect.stringMatching(/^o_/),
      workflow_run_id: null,
      workflow_id: null,
      task_id: null,
      source: null,
    });
    const result = await service.finished(started);
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in', awaiting: null });
    expect(result.evidence).toContainEqual(
      expect.objectContaining({ signal: 'code_source', text: "The code came for the account's address." }),
    );
    expect(practice.site.attempts(ada.username)).toMatchObject({ password: 1, code: 1 });
    const [row] = await list('?limit=1');
    expect(row).toMatchObject({
      state: 'used',
      code: null,
      used_by_run_id: started.workflow_run_id,
      matched_by: 'identifier',
    });
  });

  test('a code goes to the run, the workflow, or the account it is for, and to no other', SEVERAL_RUNS, async () => {
    const shared = 'shared@lindgrove.test';
    const accounts = ['one', 'two', 'three'].map((name) => accountWith(name, shared));
    const runs = [];
    for (const account of accounts) {
      const started = await testLogin(account);
      await waiting(started);
      runs.push({ account, started });
    }
    const [one, two, three] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0]];
    const workflow = (await service.call('GET', `/v1/runs/${three.started.workflow_run_id}`)).body
      .workflow_permanent_id;
    // The last one first: by workflow in the words of other services, by run, and by the address alone.
    await push({
      totp_identifier: 'whatever',
      content: codeOf(three.account),
      workflow_id: workflow.replace('wpid_', 'w_'),
    });
    expect(await service.finished(three.started)).toMatchObject({ outcome: 'logged_in' });
    await push({ totp_identifier: shared, content: codeOf(two.account), task_id: two.started.workflow_run_id });
    expect(await service.finished(two.started)).toMatchObject({ outcome: 'logged_in' });
    await push({ totp_identifier: shared, content: codeOf(one.account) });
    expect(await service.finished(one.started)).toMatchObject({ outcome: 'logged_in' });
    const matches = (await list('?limit=3')).map((row: Answer['body']) => row.matched_by);
    expect(matches).toEqual(['identifier', 'run', 'workflow']);
  });

  databases.testOnce(
    'of two runs with one address the one waiting longest gets a code that names none, and this is recorded',
    async () => {
      const shared = 'both@lindgrove.test';
      const [first, second] = [accountWith('first', shared), accountWith('second', shared)];
      const one = await testLogin(first);
      await waiting(one);
      const two = await testLogin(second);
      await waiting(two);
      await push({ totp_identifier: shared, content: codeOf(first) });
      const result = await service.finished(one);
      expect(result).toMatchObject({ outcome: 'logged_in' });
      expect(JSON.stringify(result.evidence)).toContain('2 runs waited for it');
      expect((await poll(two)).awaiting).not.toBeNull();
      await push({ totp_identifier: shared, content: codeOf(second) });
      expect(await service.finished(two)).toMatchObject({ outcome: 'logged_in' });
    },
    SEVERAL_RUNS_MS,
  );

  test('a code of an earlier challenge, an expired one and one for another organization are not used', async () => {
    const ada = accountWith('late');
    await push({ totp_identifier: ada.codeTo, content: '111111' });
    const organization = await createOrganization(
      service.runtime.services.storage.database,
      service.runtime.services.dataKeys,
      'other',
    );
    const started = await testLogin(ada);
    await waiting(started);
    const foreign = { 'x-api-key': organization.admin.key };
    expect((await push({ totp_identifier: ada.codeTo, content: '222222' }, foreign)).status).toBe(200);
    expect((await push({ totp_identifier: 'nobody@lindgrove.test', content: '333333' })).status).toBe(200);
    const refused = await push(
      {
        totp_identifier: ada.codeTo,
        content: '444444',
        workflow_run_id: started.workflow_run_id,
      },
      foreign,
    );
    expect(refused.status).toBe(400);
    const past = await push({ totp_identifier: ada.codeTo, content: '555555', expired_at: new Date(0).toISOString() });
    expect([past.status, past.body.code]).toEqual([400, 'invalid_request']);
    expect((await poll(started)).awaiting).not.toBeNull();
    await push({ totp_identifier: ada.codeTo, content: codeOf(ada) });
    expect(await service.finished(started)).toMatchObject({ outcome: 'logged_in' });
    expect(practice.site.attempts(ada.username)).toMatchObject({ code: 1 });
    // What was pushed for nobody waits on, and can be read while it does.
    const rows = await list('?totp_identifier=LATE@lindgrove.test');
    expect(rows.map((row: Answer['body']) => [row.state, row.code])).toEqual([
      ['used', null],
      ['waiting', '111111'],
    ]);
    expect((await service.call('GET', '/v1/totp', undefined, foreign)).body).toHaveLength(1);
  });

  databases.testOnce('a run may take codes that arrived before it', async () => {
    const ada = accountWith('early');
    const before = new Date().toISOString();
    await push({ totp_identifier: ada.codeTo, content: '111111' });
    const result = await service.finished(await testLogin(ada, { accept_codes_from: before }));
    expect(result).toMatchObject({ outcome: 'wrong_code' });
    expect(practice.site.attempts(ada.username)).toMatchObject({ code: 1 });
  });

  databases.testOnce(
    'the same code is not used twice for an account',
    async () => {
      const ada = accountWith('twice');
      const started = await testLogin(ada);
      await waiting(started);
      await push({ totp_identifier: ada.codeTo, content: codeOf(ada) });
      expect(await service.finished(started)).toMatchObject({ outcome: 'logged_in' });
      const stale = codeOf(ada);
      const again = await testLogin(ada);
      await waiting(again);
      await push({ totp_identifier: ada.codeTo, content: stale });
      expect((await list('?limit=1'))[0]).toMatchObject({ state: 'used', used_by_run_id: null });
      expect((await poll(again)).awaiting).not.toBeNull();
      await push({ totp_identifier: ada.codeTo, content: codeOf(ada) });
      expect(await service.finished(again)).toMatchObject({ outcome: 'logged_in' });
    },
    SEVERAL_RUNS_MS,
  );

  test(
    'of many runs that wait at once each gets its own code, also where some are pushed twice',
    SEVERAL_RUNS,
    async () => {
      const runs = [];
      for (let index = 0; index < 6; index += 1) {
        const account = accountWith(`many-${index}`);
        const started = await testLogin(account);
        runs.push({ account, started });
      }
      for (const { started } of runs) await waiting(started);
      const pushes = [...runs, ...runs.slice(0, 3)].reverse();
      await Promise.all(
        pushes.map(({ account }) => push({ totp_identifier: account.codeTo, content: codeOf(account) })),
      );
      for (const { account, started } of runs) {
        const result = await service.finished(started);
        expect(result, JSON.stringify(result.evidence)).toMatchObject({ outcome: 'logged_in' });
        expect(practice.site.attempts(account.username)).toMatchObject({ password: 1, code: 1 });
      }
      const used = (await list('?limit=9')).filter((row: Answer['body']) => row.used_by_run_id !== null);
      expect(new Set(used.map((row: Answer['body']) => row.used_by_run_id)).size).toBe(6);
      expect(used).toHaveLength(6);
    },
  );

  test('a run that is cancelled while it waits takes its codes along', async () => {
    const ada = accountWith('gone');
    const started = await testLogin(ada);
    await waiting(started);
    await service.call('POST', `/v1/runs/${started.workflow_run_id}/cancel`);
    await push({ totp_identifier: ada.codeTo, content: '123123', workflow_run_id: started.workflow_run_id });
    const late = await service.call('GET', `/v1/totp?workflow_run_id=${started.workflow_run_id}`);
    expect(late.body[0]).toMatchObject({ state: 'waiting', used_by_run_id: null });
    expect(
      await service.runtime.services.storage.database
        .asSystem('sweep')
        .codeWait.count({ where: { run_id: started.workflow_run_id } }),
    ).toBe(0);
  });

  test('pushes that name what is not ours, or hold no code, are refused', async () => {
    const cases: [Record<string, unknown>, string, string | undefined][] = [
      [{ content: '123456', workflow_run_id: 'wr_unknown' }, 'invalid_request', '/workflow_run_id'],
      [{ content: '123456', task_id: 'wr_unknown' }, 'invalid_request', '/task_id'],
      [{ content: '123456', workflow_id: 'w_unknown' }, 'invalid_request', '/workflow_id'],
      [{ content: 'Thank you for your order, it will be with you soon.' }, 'code_not_found', undefined],
      [{ content: '   ' }, 'invalid_request', '/content'],
      [{ content: '123456', expired_at: 'tomorrow' }, 'invalid_request', '/expired_at'],
      [{ content: '123456', surprise: true }, 'invalid_request', '/'],
    ];
    for (const [change, code, path] of cases) {
      const { status, body } = await push({ totp_identifier: 'refused@lindgrove.test', ...change });
      expect([status, body.code, body.errors?.[0]?.path], JSON.stringify(change)).toEqual([400, code, path]);
    }
    for (const limit of ['0', '201', 'x']) {
      expect((await service.call('GET', `/v1/credentials/totp?limit=${limit}`)).status).toBe(400);
    }
    expect(await list('?totp_identifier=refused@lindgrove.test')).toEqual([]);
  });

  test('who may only push does not read codes', async () => {
    const { body } = await service.call('POST', '/v1/api_keys', { name: 'pusher', scopes: ['codes:write'] });
    const pusher = { 'x-api-key': body.api_key };
    const pushed = await push({ totp_identifier: 'x@lindgrove.test', content: '123456' }, pusher);
    expect([pushed.status, pushed.body.code]).toEqual([200, null]);
    expect((await service.call('GET', '/v1/totp', undefined, pusher)).status).toBe(403);
  });

  test('a code that nobody takes is erased once it is over', async () => {
    await push({
      totp_identifier: 'over@lindgrove.test',
      content: '123456',
      expired_at: new Date(Date.now() + 300).toISOString(),
    });
    await expect.poll(async () => (await list('?limit=1'))[0]).toMatchObject({ state: 'expired', code: null });
    await expect
      .poll(async () =>
        service.runtime.services.storage.database
          .asSystem('sweep')
          .code.count({ where: { totp_identifier: 'over@lindgrove.test', sealed: { not: null } } }),
      )
      .toBe(0);
  });
});
