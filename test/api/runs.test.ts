import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;
let silent: SmallSite;
beforeAll(async () => {
  [service, practice, silent] = await Promise.all([startService(), startPractice(), startSmallSite()]);
});
afterAll(async () => {
  await service.close();
  await practice.close();
  await silent.close();
});

type Started = { credential_id: string; workflow_run_id: string };

const testLogin = async (body: Record<string, unknown>) =>
  (await service.call('POST', '/v1/credentials/test-login', body)).body;
const asAda = (password = practice.ada.password) =>
  testLogin({ url: practice.site.url('classic'), username: practice.ada.username, password });
/** A run that goes on until it is cancelled. */
const endless = async () => {
  const started = await testLogin({ url: `${silent.url}never`, username: 'a', password: 'kt-silent' });
  const path = `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}`;
  return { started, path, cancel: () => service.call('POST', `${path}/cancel`) };
};

describe('the list of runs', () => {
  test('is newest first, in pages, by credential and by status', async () => {
    const right = await asAda();
    await service.finished(right);
    const wrong = await asAda(practice.wrong);
    await service.finished(wrong);
    const list = async (query: string) => {
      const { status, headers, body } = await service.call('GET', `/v1/runs${query}`);
      expect(status).toBe(200);
      return {
        ids: body.map((run: { workflow_run_id: string }) => run.workflow_run_id),
        total: headers.get('x-total-count'),
      };
    };
    expect(await list('')).toEqual({ ids: [wrong.workflow_run_id, right.workflow_run_id], total: '2' });
    expect(await list('?page=2&page_size=1')).toEqual({ ids: [right.workflow_run_id], total: '2' });
    expect(await list(`?credential_id=${wrong.credential_id}`)).toEqual({ ids: [wrong.workflow_run_id], total: '1' });
    expect(await list('?status=completed')).toEqual({ ids: [right.workflow_run_id], total: '1' });
    expect(await list('?status=timed_out')).toEqual({ ids: [], total: '0' });
  });

  test.each(['?status=done', '?page=0', '?page_size=201', '?page_size=x', '?order=asc'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await service.call('GET', `/v1/runs${query}`);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
      expect(body.errors[0].path).toMatch(/^query/);
    },
  );

  test('one run shows what the status shows, and its workflow, timings and artifacts', async () => {
    const started = await asAda();
    const status = await service.finished(started);
    const { body } = await service.call('GET', `/v1/runs/${started.workflow_run_id}`);
    expect(body).toMatchObject(status);
    expect(body).toMatchObject({
      workflow_permanent_id: expect.stringMatching(/^wpid_/),
      url: practice.site.url('classic'),
      expect: ['logged_in'],
    });
    expect(Object.values(body.timings).every((ms) => typeof ms === 'number' && ms >= 0)).toBe(true);
    const { body: workflow } = await service.call('GET', `/v1/workflows/${body.workflow_permanent_id}`);
    expect(workflow.blocks[0].url).toBe(body.url);
  });

  test.each(['nothing.png', '..%2f..%2fkeyturn.db', 'x'.repeat(101)])('a run has no artifact %s', async (name) => {
    const { body } = await service.call('GET', '/v1/runs');
    const answer = await service.call('GET', `/v1/runs/${body[0].workflow_run_id}/artifacts/${name}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(405);
  });
});

describe('wait', () => {
  test('holds the answer until the run is final, and no longer', async () => {
    const { path, cancel } = await endless();
    const held = service.call('GET', `${path}?wait=60`);
    await silent.arrived('/never');
    const before = await service.call('GET', `${path}?wait=0`);
    expect(before.body).toMatchObject({ status: 'running', verdict: null, outcome: null, finished_at: null });
    const asked = Date.now();
    await cancel();
    expect((await held).body).toMatchObject({ status: 'canceled', verdict: 'unknown' });
    expect(Date.now() - asked).toBeLessThan(10_000);
  });

  test('ends with the time asked for', async () => {
    const { path, cancel } = await endless();
    const { body } = await service.call('GET', `${path}?wait=1`);
    expect(body.status).toBe('running');
    await cancel();
  });

  test('answers early when a code is awaited', async () => {
    // A second login with the same seed needs the next code.
    const { username, password, totp } = practice.grace;
    const login = () => testLogin({ url: practice.site.url('six-boxes'), username, password, totp });
    await service.finished(await login());
    const pathOf = ({ credential_id: id, workflow_run_id: run }: Started) => `/v1/credentials/${id}/test/${run}`;
    const waitFor = async (one: Started) => (await service.call('GET', `${pathOf(one)}?wait=60`)).body;
    let started = await login();
    let body = await waitFor(started);
    // Where half a minute ended in between, it had a code of its own; the one after it needs the next.
    for (let more = 0; more < 3 && body.outcome === 'logged_in'; more += 1) {
      started = await login();
      body = await waitFor(started);
    }
    const path = pathOf(started);
    expect(body).toMatchObject({
      status: 'running',
      awaiting: { kind: 'code', channel: 'authenticator', since: expect.any(String), deadline: expect.any(String) },
    });
    expect((await service.call('POST', `${path}/cancel`)).body).toEqual({ status: 'canceled' });
    expect((await service.call('GET', path)).body).toMatchObject({ status: 'canceled', awaiting: null });
    const events = await fetch(`${service.url}/v1/runs/${started.workflow_run_id}/events`, {
      headers: { 'x-api-key': service.key },
    });
    expect(await events.text()).toMatch(/event: awaiting\ndata: \{"state":"started","kind":"code",/);
  });

  test.each(['61', '-1', 'long'])('refuses %s', async (wait) => {
    const { path, cancel } = await endless();
    const { status, body } = await service.call('GET', `${path}?wait=${wait}`);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    await cancel();
  });
});

describe('cancel by the run alone', () => {
  test('is answered at once, once', async () => {
    const { started, path } = await endless();
    const cancel = () => service.call('POST', `/v1/runs/${started.workflow_run_id}/cancel`);
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'canceled' } });
    expect((await service.call('GET', path)).body.status).toBe('canceled');
  });

  test('does not overwrite another end', async () => {
    const started = await asAda();
    await service.finished(started);
    const cancelled = await service.call('POST', `/v1/runs/${started.workflow_run_id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancel_failed' } });
    expect((await service.finished(started)).status).toBe('completed');
  });

  test('many at the same time: the run is cancelled', async () => {
    const { path, cancel } = await endless();
    const answers = await Promise.all(Array.from({ length: 8 }, cancel));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.map(({ body }) => body.status)).toContain('canceled');
    expect((await service.call('GET', path)).body.status).toBe('canceled');
  });
});
