import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('the ledger of attempts', (databases) => {
  let service: Service;
  let practice: Practice;
  let wrong: string;
  beforeAll(async () => {
    service = await startServiceOn(databases);
  });
  afterAll(() => service.close());
  // At an origin that no test before it has been to, with an empty ledger.
  beforeEach(async () => {
    await service.runtime.services.storage.database.asSystem('sweep').attempt.deleteMany({});
    practice = await startPractice();
    wrong = practice.wrong;
  });
  afterEach(() => practice.close());

  const submitted = () => practice.site.attempts(practice.ada.username).password;
  const store = async (password: string, username = practice.ada.username): Promise<string> => {
    const { body } = await service.call('POST', '/v1/credentials', {
      name: 'Ada',
      credential_type: 'password',
      credential: { username, password },
    });
    return body.credential_id;
  };
  const update = (id: string, password: string) =>
    service.call('POST', `/v1/credentials/${id}/update`, {
      credential: { username: practice.ada.username, password },
    });
  const start = (id: string, change: Record<string, unknown> = {}, variant = 'classic'): Promise<Answer> =>
    service.call('POST', `/v1/credentials/${id}/test`, { url: practice.site.url(variant), ...change });
  const run = async (id: string, change?: Record<string, unknown>, variant?: string) => {
    const { status, body } = await start(id, change, variant);
    expect([status, body.code]).toEqual([200, undefined]);
    return service.finished(body);
  };
  const rows = async () => {
    const db = service.runtime.services.storage.database.asSystem('sweep');
    return [await db.credential.count(), await db.vaultItem.count(), await db.run.count(), await db.workflow.count()];
  };

  test('a secret that the site refused is not tried again until it changes', async () => {
    const id = await store(wrong);
    const first = await run(id);
    expect(first).toMatchObject({ outcome: 'wrong_credentials', submissions: { password: 1 } });

    const before = await rows();
    const { username } = practice.ada;
    for (const again of [
      await start(id),
      await start(await store(wrong, username.toUpperCase())),
      await service.call('POST', '/v1/credentials/test-login', {
        url: practice.site.url('spa'),
        username,
        password: wrong,
      }),
    ]) {
      expect([again.status, again.body.code]).toEqual([409, 'known_rejected']);
      expect(again.body.detail).toContain(first.site_message);
      expect(again.body.detail).toMatch(/ at \d{4}-\d\d-\d\dT.*Z/);
      expect(again.text).not.toContain(wrong);
    }
    // Besides the second credential.
    expect(await rows()).toEqual(before.map((count, at) => (at < 2 ? count + 1 : count)));
    expect(submitted()).toBe(1);

    await update(id, practice.ada.password);
    expect(await run(id)).toMatchObject({ outcome: 'logged_in' });
    await update(id, wrong);
    expect((await start(id, { start_from_profile: false })).status).toBe(409);
  });

  databases.testOnce('force tries it all the same, and a login that works then opens it again', async () => {
    const { username, password } = practice.ada;
    const id = await store(wrong);
    await run(id);
    expect(await run(id, { force: true })).toMatchObject({ outcome: 'wrong_credentials' });
    expect(submitted()).toBe(2);

    // As if the site had been mistaken: what it refused is the password from now on.
    await service.runtime.services.storage.database.asSystem('sweep').attempt.deleteMany({});
    const right = await store(password);
    await run(right);
    await service.runtime.services.storage.database
      .asSystem('sweep')
      .attempt.updateMany({ where: {}, data: { verdict: 'refused' } });
    expect((await start(right, { start_from_profile: false })).status).toBe(409);
    expect(await run(right, { start_from_profile: false, force: true })).toMatchObject({ outcome: 'logged_in' });
    expect(await run(right, { start_from_profile: false })).toMatchObject({ outcome: 'logged_in' });
    expect(practice.site.attempts(username).password).toBe(5);
  });

  databases.testOnce('a refusal that is expected is told without another submission', async () => {
    const id = await store(wrong);
    const first = await run(id);
    const proven = await run(id, { expect: 'wrong_credentials' });
    expect(proven).toMatchObject({
      status: 'terminated',
      outcome: 'wrong_credentials',
      verdict: 'passed',
      site_message: first.site_message,
      submissions: { identifier: 0, password: 0, code: 0 },
      password_proven: false,
      outcome_details: { proven_at: expect.stringMatching(/Z$/) },
      evidence: [{ signal: 'ledger' }],
    });
    expect(submitted()).toBe(1);
    expect(await run(id, { expect: 'wrong_credentials', force: true })).toMatchObject({ submissions: { password: 1 } });
    expect(submitted()).toBe(2);
  });

  databases.testOnce('a waiting time that the site names is kept, with any secret and with force', async () => {
    const id = await store(practice.ada.password);
    const locked = await run(id, { save_browser_profile: false }, 'locked');
    expect(locked).toMatchObject({ outcome: 'account_locked', outcome_details: { retry_after: expect.any(Number) } });
    const { retry_after: seconds } = locked.outcome_details;
    const count = submitted();
    await update(id, practice.wrong);
    for (const change of [{}, { force: true }, { expect: 'wrong_credentials' }]) {
      const { status, body, headers } = await start(id, change);
      expect([status, body.code]).toEqual([429, 'cooldown']);
      expect(body.detail).toContain(locked.site_message);
      const wait = Number(headers.get('retry-after'));
      expect(wait).toBeLessThanOrEqual(seconds);
      expect(wait).toBeGreaterThan(seconds - 60);
    }
    expect(submitted()).toBe(count);
    const { body: attempts } = await service.call('GET', `/v1/credentials/${id}/attempts`);
    expect(Date.parse(attempts[0].cooldown_until)).toBeGreaterThan(Date.now());

    const db = service.runtime.services.storage.database.asSystem('sweep');
    await db.attempt.updateMany({ where: {}, data: { cooldown_until: new Date() } });
    expect(await run(id)).toMatchObject({ outcome: 'wrong_credentials' });
  });

  databases.testOnce('a live session is still found with a refused secret, and only a form is not', async () => {
    const id = await store(practice.ada.password);
    const { browser_profile_id: profile } = await run(id);
    await update(id, wrong);
    expect(await run(id, { start_from_profile: false })).toMatchObject({ outcome: 'wrong_credentials' });
    expect(await run(id)).toMatchObject({ outcome: 'already_logged_in', browser_profile_id: profile });

    practice.site.endSessions(practice.ada.username);
    const count = submitted();
    expect(await run(id)).toMatchObject({
      status: 'terminated',
      outcome: 'known_rejected',
      verdict: 'failed',
      failure_reason: expect.stringContaining('refused this very secret'),
      submissions: { identifier: 0, password: 0, code: 0 },
      outcome_details: { refused_at: expect.any(String) },
    });
    expect(submitted()).toBe(count);
  });

  test('of runs that were asked for at the same time only the first tries it', async () => {
    const id = await store(wrong);
    const started = [await start(id), await start(id), await start(id)];
    expect(started.map(({ status }) => status)).toEqual([200, 200, 200]);
    const ended = await Promise.all(started.map(({ body }) => service.finished(body)));
    expect(ended.map(({ outcome }) => outcome)).toEqual(['wrong_credentials', 'known_rejected', 'known_rejected']);
    expect(ended.map(({ terminate_rule: rule }) => rule)).toEqual(ended.map(() => 'error_after_attempt'));
    expect(submitted()).toBe(1);
  });

  databases.testOnce('another organization, origin or account knows nothing of it', async () => {
    const id = await store(wrong);
    await run(id);
    const other = await startPractice({ accounts: [practice.ada] });
    try {
      const elsewhere = await service.call('POST', '/v1/credentials/test-login', {
        url: other.site.url('classic'),
        username: practice.ada.username,
        password: wrong,
      });
      expect(await service.finished(elsewhere.body)).toMatchObject({ outcome: 'wrong_credentials' });
    } finally {
      await other.close();
    }
    const unknown = await start(await store(wrong, 'grace'));
    expect(unknown.status).toBe(200);
    await service.finished(unknown.body);
    const { storage, dataKeys } = service.runtime.services;
    const { admin } = await createOrganization(storage.database, dataKeys, 'another');
    const body = { url: practice.site.url('classic'), username: practice.ada.username, password: wrong };
    const foreign = await service.call('POST', '/v1/credentials/test-login', body, { 'x-api-key': admin.key });
    expect(foreign.status).toBe(200);
    await service.finished(foreign.body, { 'x-api-key': admin.key });
  });

  test('can be read, newest first, without any secret', async () => {
    const id = await store(wrong);
    await run(id);
    await update(id, practice.ada.password);
    await run(id);
    const { headers, body, text } = await service.call('GET', `/v1/credentials/${id}/attempts?page_size=1`);
    expect([headers.get('x-total-count'), body.length]).toEqual(['2', 1]);
    const { body: all } = await service.call('GET', `/v1/credentials/${id}/attempts`);
    expect(all).toMatchObject([
      { outcome: 'logged_in', verdict: 'accepted', submitted: true, site_message: null, cooldown_until: null },
      { outcome: 'wrong_credentials', verdict: 'refused', submitted: true, site_message: expect.any(String) },
    ]);
    expect(body[0]).toEqual(all[0]);
    expect(all[0]).toMatchObject({ credential_id: id, origin: practice.site.origin });
    expect(text).not.toContain(wrong);
  });

  databases.testOnce('a run that is cancelled after the submission leaves "unknown"', async () => {
    const id = await store(practice.ada.password);
    const { body } = await start(id, {}, 'slow');
    await expect.poll(submitted, { timeout: 20_000 }).toBe(1);
    await service.call('POST', `/v1/credentials/${id}/test/${body.workflow_run_id}/cancel`);
    const { body: attempts } = await service.call('GET', `/v1/credentials/${id}/attempts`);
    expect(attempts).toMatchObject([{ verdict: 'unknown', outcome: null, judged_at: null }]);
    expect(await run(id)).toMatchObject({ outcome: 'logged_in' });
  });
});
