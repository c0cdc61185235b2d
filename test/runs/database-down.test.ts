import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { findPrograms, type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';

const programs = findPrograms();
const DOWN_MS = 10_000;

describeWith({ name: 'PostgreSQL', available: programs !== null }, 'while PostgreSQL is down for 10 s', () => {
  let server: PostgresServer;
  let practice: Practice;
  let service: Service;
  let sent: SentMessage[];
  beforeEach(async () => {
    sent = [];
    practice = await startPractice({ deliver: (message) => sent.push(message) });
    server = await startPostgres(programs ?? '', { durable: true });
    service = await startService({ DATABASE_URL: server.url, KEYTURN_RUNS_PER_WORKER: '4' });
  });
  afterEach(async () => {
    await service.close();
    await server.stop();
    await practice.close();
  });

  const login = async (account: { username: string; password: string }, url: string, more = {}) => {
    const { username, password } = account;
    const answer = await service.call('POST', '/v1/credentials/test-login', { url, username, password, ...more });
    expect(answer.status).toBe(200);
    return answer.body as { credential_id: string; workflow_run_id: string };
  };
  const run = async (id: string) => (await service.call('GET', `/v1/runs/${id}`)).body;

  test.each(['crash', 'shutDown'] as const)('runs under way go on after a %s', { timeout: 180_000 }, async (how) => {
    const codeTo = 'ada.down@lindgrove.test';
    const waits = { username: 'ada.down', password: practice.wrong, codeTo };
    const slow = { username: 'slow.down', password: practice.wrong };
    for (const account of [waits, slow]) practice.site.accounts.set(account);
    const waiting = await login(waits, practice.site.url('totp-one-box'), {
      totp_type: 'email',
      totp_identifier: codeTo,
    });
    await expect.poll(async () => (await run(waiting.workflow_run_id)).awaiting).not.toBeNull();
    // The site answers it while there is no database.
    const judged = await login(slow, `${practice.site.url('slow')}?delay=4000`);
    await expect.poll(() => practice.site.attempts(slow.username).password).toBe(1);

    await server[how]();
    const since = performance.now();
    while (performance.now() - since < DOWN_MS) {
      for (const route of ['/v1/runs', '/health/ready']) {
        const { status, body, headers } = await service.call('GET', route);
        expect([route, status, body.code]).toEqual([route, 503, 'unavailable']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await service.call('GET', '/health/live')).status).toBe(200);
    }
    await server.start();
    await expect.poll(async () => (await service.call('GET', '/health/ready')).status).toBe(200);

    expect(await service.finished(judged)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
    expect(await run(waiting.workflow_run_id)).toMatchObject({ status: 'running', awaiting: { kind: 'code' } });
    const code = sent.at(-1)?.code;
    const pushed = await service.call('POST', '/v1/credentials/totp', { totp_identifier: codeTo, content: code });
    expect(pushed.status).toBe(200);
    expect(await service.finished(waiting)).toMatchObject({ outcome: 'logged_in', submissions: { code: 1 } });
    // The queue took its work up again too.
    const next = await login(practice.ada, practice.site.url('classic'));
    expect(await service.finished(next)).toMatchObject({ outcome: 'logged_in' });
    for (const { username } of [waits, slow, practice.ada]) {
      expect(practice.site.attempts(username).password).toBe(1);
    }
  });
});
