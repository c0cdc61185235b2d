import { afterEach, expect, test } from 'vitest';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type Answer, type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('limits', (databases) => {
  let service: Service;
  let practice: Practice;
  const accounts = Array.from({ length: 6 }, (_, at) => ({ username: `user${at}`, password: randomPassword() }));
  const open = async (env: Record<string, string>): Promise<void> => {
    practice = await startPractice({ accounts });
    service = await startServiceOn(databases, { KEYTURN_WORKERS: '2', KEYTURN_RUNS_PER_WORKER: '2', ...env });
  };
  afterEach(async () => {
    await service.close();
    await practice.close();
  });
  const testLogin = (account: { username: string; password: string }, variant = 'classic'): Promise<Answer> =>
    service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url(variant),
      save_browser_profile: false,
      ...account,
    });
  const began = (run: Answer['body']) => Date.parse(run.started_at);

  test('a full queue refuses, and loses none that it took', { timeout: 90_000 }, async () => {
    await open({ KEYTURN_WORKERS: '1', KEYTURN_RUNS_PER_WORKER: '1', KEYTURN_QUEUE_LIMIT: '3' });
    const [first, ...rest] = accounts as [(typeof accounts)[0], ...typeof accounts];
    const started = [(await testLogin(first, 'slow')).body];
    await expect
      .poll(async () => (await service.call('GET', `/v1/runs/${started[0].workflow_run_id}`)).body.status)
      .toBe('running');
    for (const account of rest.slice(0, 3)) started.push((await testLogin(account)).body);
    const refused = await testLogin(rest[3] as (typeof accounts)[0]);
    expect(refused).toMatchObject({ status: 429, body: { code: 'queue_full', status_code: 429 } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const db = service.runtime.services.storage.database.asSystem('sweep');
    expect(await db.run.count(), 'nothing of the refused one is left').toBe(4);
    expect(await db.credential.count({ where: { temporary: true } })).toBe(4);
    expect(await db.workflow.count()).toBe(4);
    const ended = await Promise.all(started.map((run) => service.finished(run)));
    expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
    expect((await testLogin(rest[3] as (typeof accounts)[0])).status).toBe(200);
  });

  // On each database, fair-queue.test.ts and site-starts.test.ts count both of these.
  databases.testOnce(
    'an organization has no more runs at a time than it may',
    async () => {
      await open({ KEYTURN_RUNS_PER_ORGANIZATION: '1' });
      const answers = await Promise.all(accounts.slice(0, 3).map((account) => testLogin(account)));
      const ended = await Promise.all(answers.map(({ body }) => service.finished(body)));
      expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
      const spans = ended.map((run) => [began(run), Date.parse(run.finished_at)]).sort(([a = 0], [b = 0]) => a - b);
      for (const [at, [start = 0]] of spans.entries()) {
        expect(start).toBeGreaterThanOrEqual(spans[at - 1]?.[1] ?? 0);
      }
    },
    90_000,
  );

  databases.testOnce(
    'a site has no more logins begin within a second than it may',
    async () => {
      await open({ KEYTURN_LOGINS_PER_SECOND: '1' });
      const answers = await Promise.all(accounts.slice(0, 6).map((account) => testLogin(account)));
      const queued = await service.call('GET', '/v1/runs?status=queued');
      expect(queued.body.length, 'what is held back is queued').toBeGreaterThan(0);
      for (const run of queued.body) expect(run).toMatchObject({ status: 'queued', started_at: null });
      const ended = await Promise.all(answers.map(({ body }) => service.finished(body)));
      expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
      const starts = ended.map(began).sort((a, b) => a - b);
      // Five seconds, less the time between the place that is taken and the claim that follows, long on a busy machine.
      expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(3_500);
    },
    90_000,
  );
});
