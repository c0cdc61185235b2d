import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { makePasskey } from '../support/make-passkey.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { processesUsing } from '../support/processes.ts';
import { type ServiceProgram, startServiceProgram } from '../support/service-program.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

let practice: Practice;
let hanging: SmallSite;
beforeAll(async () => {
  hanging = await startSmallSite();
});
afterAll(() => hanging.close());

/** The service was killed: nothing it started may be left, and no page may be logged in to again. */
async function nothingLeft(folder: string): Promise<void> {
  await expect.poll(() => processesUsing(folder).map(({ command }) => command), { timeout: 30_000 }).toEqual([]);
}

async function profileFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /playwright_chromiumdev_profile|playwright-artifacts/.test(path.basename(name)));
}

type Started = { credential_id: string; workflow_run_id: string };
const statusPath = ({ credential_id: id, workflow_run_id: run }: Started) => `/v1/credentials/${id}/test/${run}`;

async function finished(service: ServiceProgram, started: Started) {
  for (let look = 0; look < 4; look += 1) {
    const { body } = await service.call('GET', `${statusPath(started)}?wait=15`);
    if (body.finished_at !== null) return body;
  }
  throw new Error('The run did not end in time');
}

/** On PostgreSQL a dead process is known by its heartbeat, after half a minute. */
const PATIENCE_MS = 90_000;

describeOnEachDatabase('a service that is killed', (databases) => {
  let folder: string;
  let running: ServiceProgram | null = null;
  let env: Record<string, string>;
  beforeEach(async () => {
    practice = await startPractice();
    folder = await mkdtemp(path.join(tmpdir(), 'keyturn-crash-'));
    const { databaseUrl } = await databases.newPlace();
    env = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl };
  });
  afterEach(async () => {
    await running?.program.close();
    running = null;
    await practice.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<ServiceProgram> => {
    running = await startServiceProgram(folder, env);
    return running;
  };
  const kill = async (service: ServiceProgram): Promise<void> => {
    service.program.signal('SIGKILL');
    await service.program.ended;
    await nothingLeft(folder);
  };
  const testLogin = async (service: ServiceProgram, url: string): Promise<Started> => {
    const { username, password } = practice.ada;
    const { status, body } = await service.call('POST', '/v1/credentials/test-login', { url, username, password });
    expect(status).toBe(200);
    return body;
  };

  // On PostgreSQL, other-process.test.ts shows the same of a process that stands still.
  databases.testOnce(
    'runs queued runs, and those that had typed nothing, after it is back',
    async () => {
      const first = await start();
      const { body: credential } = await first.call('POST', '/v1/credentials', {
        name: 'opening',
        credential_type: 'password',
        credential: { username: 'nobody', password: 'kt-crash-5f31aa' },
      });
      const opening = await first.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
        url: `${hanging.url}never`,
      });
      await hanging.arrived('/never');
      // Its account is held by the run before: it waits in the queue.
      const waiting = await first.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
        url: `${hanging.url}quick`,
      });
      const login = await testLogin(first, practice.site.url('classic'));
      await kill(first);

      const second = await start();
      expect(await finished(second, login)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
      expect(practice.site.attempts(practice.ada.username).password).toBe(1);
      hanging.requests.length = 0;
      const { body: again } = await second.call('GET', statusPath(opening.body));
      expect(['queued', 'running']).toContain(again.status);
      await second.call('POST', `${statusPath(opening.body)}/cancel`);
      expect(await finished(second, waiting.body)).toMatchObject({ outcome: 'not_a_login_page' });
    },
    PATIENCE_MS,
  );

  test('never submits again what it had begun, and takes the temporary credential away', {
    timeout: PATIENCE_MS,
  }, async () => {
    const first = await start();
    const login = await testLogin(first, practice.site.url('slow'));
    await expect
      .poll(() => practice.site.attempts(practice.ada.username).password, { timeout: 20_000, interval: 20 })
      .toBe(1);
    await kill(first);

    const second = await start();
    const run = await finished(second, login);
    expect(run).toMatchObject({
      status: 'failed',
      outcome: 'interrupted',
      verdict: 'unknown',
      browser_profile_id: null,
    });
    expect(run.failure_reason).toMatch(/at the password/);
    expect((await second.call('GET', `/v1/credentials/${login.credential_id}`)).status).toBe(404);
    // The account is free: a run of it starts, logs in, and is the second attempt the server sees.
    const next = await testLogin(second, practice.site.url('classic'));
    expect(await finished(second, next)).toMatchObject({ outcome: 'logged_in' });
    expect(practice.site.attempts(practice.ada.username).password).toBe(2);
    second.program.signal('SIGTERM');
    expect(await second.program.ended).toBe(0);
    await nothingLeft(folder);
    expect(await profileFolders(folder)).toEqual([]);
  });

  databases.testOnce(
    'begins a run no more whose process was lost three times, a stop in order not counted',
    async () => {
      hanging.requests.length = 0;
      let service = await start();
      const { body: credential } = await service.call('POST', '/v1/credentials', {
        name: 'opening',
        credential_type: 'password',
        credential: { username: 'nobody', password: 'kt-crash-5f31aa' },
      });
      const { body: opening } = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
        url: `${hanging.url}never`,
      });
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL'] as const) {
        await hanging.arrived('/never');
        service.program.signal(signal);
        await service.program.ended;
        await nothingLeft(folder);
        hanging.requests.length = 0;
        service = await start();
      }
      const run = await finished(service, opening);
      expect(run).toMatchObject({ status: 'failed', outcome: 'interrupted', verdict: 'unknown' });
      expect(run.failure_reason).toMatch(/begun 3 times .* its process was lost; .* start the run again\.$/);
      expect(hanging.requests).toEqual([]);
      // Its account is free, and the service goes on with others.
      const { body: next } = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
        url: `${hanging.url}quick`,
      });
      expect(await finished(service, next)).toMatchObject({ outcome: 'not_a_login_page' });
    },
    3 * PATIENCE_MS,
  );

  databases.testOnce(
    'uses no counter of a passkey a second time',
    async () => {
      env = { ...env, KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8,::1/128' };
      const { username } = practice.ada;
      const passkey = await makePasskey(practice.site, practice.ada);
      const seen = () => practice.site.passkeys.of(username)[0]?.counter ?? 0;
      const first = await start();
      const { body: credential } = await first.call('POST', '/v1/credentials', {
        name: 'passkey',
        credential_type: 'password',
        credential: { username, passkey },
      });
      const login = async (service: ServiceProgram, query: string): Promise<Started> => {
        const url = practice.site.localhostUrl('passkey-button') + query;
        const { body } = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, { url });
        return body;
      };
      const killed = await login(first, '?delay=60000');
      await expect.poll(seen, { timeout: 20_000, interval: 20 }).toBe(1);
      await kill(first);

      const second = await start();
      const interrupted = await finished(second, killed);
      expect(interrupted).toMatchObject({ outcome: 'interrupted', verdict: 'unknown', submissions: { code: 1 } });
      expect(interrupted.failure_reason).toMatch(/at the one-time code or passkey/);
      const next = await finished(second, await login(second, ''));
      expect(next, JSON.stringify(next.evidence)).toMatchObject({ outcome: 'logged_in', submissions: { code: 1 } });
      const reached = seen();
      expect(reached).toBeGreaterThan(2);
      expect(await finished(second, await login(second, ''))).toMatchObject({ outcome: 'already_logged_in' });
      expect(seen()).toBe(reached);
    },
    PATIENCE_MS,
  );

  databases.testOnce(
    'stopped by SIGTERM gives back what had typed nothing and ends what had',
    async () => {
      const first = await start();
      const begun = await testLogin(first, `${practice.site.url('slow')}?delay=30000`);
      await expect
        .poll(() => practice.site.attempts(practice.ada.username).password, { timeout: 20_000, interval: 20 })
        .toBe(1);
      const { body: credential } = await first.call('POST', '/v1/credentials', {
        name: 'opening',
        credential_type: 'password',
        credential: { username: 'nobody', password: 'kt-crash-5f31aa' },
      });
      hanging.requests.length = 0;
      const opening = await first.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
        url: `${hanging.url}never`,
      });
      await expect.poll(() => hanging.requests.length).toBeGreaterThan(0);
      first.program.signal('SIGTERM');
      expect(await first.program.ended).toBe(0);
      await nothingLeft(folder);

      hanging.requests.length = 0;
      const second = await start();
      expect(await finished(second, begun)).toMatchObject({ outcome: 'interrupted', submissions: { password: 1 } });
      await expect.poll(() => hanging.requests.some((request) => request.endsWith('/never'))).toBe(true);
      expect((await second.call('POST', `${statusPath(opening.body)}/cancel`)).body).toEqual({ status: 'canceled' });
      expect(practice.site.attempts(practice.ada.username).password).toBe(1);
    },
    PATIENCE_MS,
  );
});
