import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

interface Account {
  username: string;
  password: string;
}

describeOnEachDatabase('dispatch', (databases) => {
  let service: Service;
  let practice: Practice;
  let accounts: Account[];
  beforeAll(async () => {
    service = await startServiceOn(databases, { KEYTURN_WORKERS: '2', KEYTURN_RUNS_PER_WORKER: '2' });
  });
  afterAll(() => service.close());
  beforeEach(async () => {
    accounts = Array.from({ length: 10 }, (_, at) => ({ username: `user${at}`, password: randomPassword() }));
    practice = await startPractice({ accounts });
  });
  afterEach(() => practice.close());

  const store = async ({ username, password }: Account): Promise<string> => {
    const { body } = await service.call('POST', '/v1/credentials', {
      name: username,
      credential_type: 'password',
      credential: { username, password },
    });
    return body.credential_id;
  };
  const start = async (id: string, variant: string, change = {}): Promise<Answer['body']> => {
    const body = { url: practice.site.url(variant), start_from_profile: false, ...change };
    const answer = await service.call('POST', `/v1/credentials/${id}/test`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const span = (run: { started_at: string; finished_at: string }) => [
    Date.parse(run.started_at),
    Date.parse(run.finished_at),
  ];

  test('runs of one account come one after the other, those of others beside them', { timeout: 90_000 }, async () => {
    const [first, second, other] = accounts as [Account, Account, Account];
    const one = await store(first);
    // The same account, stored once more and written in another way.
    const twin = await store({ ...first, username: first.username.toUpperCase() });
    const beside = [await store(second), await store(other)];
    const same = await Promise.all([one, twin, one].map((id) => start(id, 'slow', { save_browser_profile: false })));
    const others = await Promise.all(beside.map((id) => start(id, 'slow', { save_browser_profile: false })));
    const ended = await Promise.all(same.map((run) => service.finished(run)));
    const spans = ended.map(span).sort(([a = 0], [b = 0]) => a - b);
    for (const [at, [began = 0]] of spans.entries()) {
      const [, before = 0] = spans[at - 1] ?? [];
      expect(began).toBeGreaterThanOrEqual(before);
    }
    const overlapping = (await Promise.all(others.map((run) => service.finished(run)))).map(span);
    const [[a0 = 0, a1 = 0] = [], [b0 = 0, b1 = 0] = []] = overlapping;
    expect(Math.max(a0, b0)).toBeLessThan(Math.min(a1, b1));
  });

  test('every run is run once', { timeout: 90_000 }, async () => {
    const some = inject('thorough') ? accounts : accounts.slice(0, 4);
    const ids = await Promise.all(some.map(store));
    const started = await Promise.all(
      [...ids, ...ids].map((id) => start(id, 'classic', { save_browser_profile: false })),
    );
    const ended = await Promise.all(started.map((run) => service.finished(run)));
    expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
    for (const { username } of some) expect(practice.site.attempts(username).password).toBe(2);
  });

  test('"completed" is never seen without the profile, the link and the origins', { timeout: 60_000 }, async () => {
    const [account] = accounts as [Account];
    const id = await store(account);
    const run = await start(id, 'classic');
    let looks = 0;
    for (let over = false; !over; looks += 1) {
      const [status, credential] = await Promise.all([
        service.call('GET', `/v1/credentials/${id}/test/${run.workflow_run_id}`),
        service.call('GET', `/v1/credentials/${id}`),
      ]);
      over = status.body.finished_at !== null;
      if (!over) {
        expect(status.body).toMatchObject({ browser_profile_id: null, verdict: null, outcome: null });
        continue;
      }
      expect(status.body).toMatchObject({ status: 'completed', browser_profile_id: expect.stringMatching(/^bp_/) });
      // The credential was read at the same time, so perhaps just before: once more, after it.
      const linked = await service.call('GET', `/v1/credentials/${id}`);
      for (const { body } of [credential, linked].slice(credential.body.browser_profile_id ? 0 : 1)) {
        expect(body).toMatchObject({
          browser_profile_id: status.body.browser_profile_id,
          tested_url: practice.site.url('classic'),
        });
      }
    }
    expect(looks).toBeGreaterThan(3);
  });

  databases.testOnce(
    'a run that comes while all are busy waits its turn in the queue',
    async () => {
      const ids = await Promise.all(accounts.slice(0, 6).map(store));
      const runs = [];
      for (const id of ids) runs.push(await start(id, 'slow', { save_browser_profile: false }));
      const last = runs.at(-1);
      const status = async () => (await service.call('GET', `/v1/runs/${last.workflow_run_id}`)).body;
      expect(await status()).toMatchObject({ status: 'queued', started_at: null });
      const ended = await Promise.all(runs.map((run) => service.finished(run)));
      const begun = ended.map(({ started_at }) => Date.parse(started_at));
      expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
    },
    60_000,
  );

  databases.testOnce(
    'a run that cannot be prepared ends and gives its place back',
    async () => {
      const [account] = accounts as [Account];
      const id = await store(account);
      expect(await service.finished(await start(id, 'classic'))).toMatchObject({ outcome: 'logged_in' });
      const db = service.runtime.services.storage.database.asSystem('sweep');
      await db.browserProfile.updateMany({ where: { credential_id: id }, data: { sealed: Buffer.alloc(64) } });
      for (const _place of [1, 2, 3, 4, 5]) {
        expect(await service.finished(await start(id, 'classic', { start_from_profile: true }))).toMatchObject({
          status: 'failed',
          outcome: 'internal',
          outcome_details: { error: 'unseal_failed' },
        });
      }
      expect(practice.site.attempts(account.username).password).toBe(1);
      expect(await service.finished(await start(id, 'classic'))).toMatchObject({ outcome: 'logged_in' });
    },
    60_000,
  );
});
