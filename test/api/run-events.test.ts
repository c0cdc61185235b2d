import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { type SentEvent, sentEvents } from './event-stream.ts';

describeOnEachDatabase('the events of a run', (databases) => {
  let service: Service;
  let practice: Practice;
  let silent: SmallSite;
  beforeAll(async () => {
    service = await startServiceOn(databases);
  });
  afterAll(() => service.close());
  beforeEach(async () => {
    practice = await startPractice();
    silent = await startSmallSite();
  });
  afterEach(async () => {
    await silent.close();
    await practice.close();
  });

  const stream = (run: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${service.url}/v1/runs/${run}/events`, {
      headers: { 'x-api-key': service.key, accept: 'text/event-stream', ...headers },
    });

  async function all(response: Response): Promise<SentEvent[]> {
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/event-stream'),
    ]);
    const events: SentEvent[] = [];
    for await (const event of sentEvents(response)) events.push(event);
    return events;
  }

  const testLogin = async (body: Record<string, unknown>) =>
    (await service.call('POST', '/v1/credentials/test-login', body)).body;

  test('come while it goes on, end with the final one, and can be taken up again', async () => {
    const { username, password, totp } = practice.grace;
    const started = await testLogin({ url: practice.site.url('six-boxes'), username, password, totp });
    const events = await all(await stream(started.workflow_run_id));

    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, at) => at + 1));
    // It may have had to wait for a fresh code.
    const names = new Set(events.map(({ event }) => event).filter((name) => name !== 'awaiting'));
    expect(names).toEqual(new Set(['stage', 'step', 'final']));
    expect(events.filter(({ event }) => event === 'stage').map(({ data }) => `${data.stage} ${data.state}`)).toEqual([
      'identifier started',
      'password started',
      'identifier submitted',
      'password submitted',
      'code started',
      'code submitted',
    ]);
    const last = events.at(-1);
    expect(last).toMatchObject({ event: 'final', data: { status: 'completed', outcome: 'logged_in' } });
    for (const { data } of events) expect(data.at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);

    const resumed = await all(await stream(started.workflow_run_id, { 'last-event-id': '3' }));
    expect(resumed).toEqual(events.slice(3));
    expect(await all(await stream(started.workflow_run_id, { 'last-event-id': String(events.length) }))).toEqual([]);
    expect((await stream(started.workflow_run_id, { 'last-event-id': 'three' })).status).toBe(400);
  });

  databases.testOnce('are sent at once: before the run is over', async () => {
    const started = await testLogin({ url: `${silent.url}never`, username: 'a', password: 'kt-silent' });
    const events = sentEvents(await stream(started.workflow_run_id));
    const path = `/v1/runs/${started.workflow_run_id}`;
    const first = events.next();
    await silent.arrived('/never');
    await service.call('POST', `${path}/cancel`);
    expect((await first).value).toMatchObject({ event: 'final', data: { status: 'canceled' } });
    expect(await events.next()).toEqual({ done: true, value: undefined });

    const { username, password } = practice.ada;
    const slow = await testLogin({ url: practice.site.url('slow'), username, password });
    for await (const { event } of sentEvents(await stream(slow.workflow_run_id))) {
      expect(event).not.toBe('final');
      const { body } = await service.call('GET', `/v1/runs/${slow.workflow_run_id}`);
      expect(body.status).toBe('running');
      break;
    }
    await service.finished(slow);
  });

  test('stop the moment the key is revoked', async () => {
    const key = (await service.call('POST', '/v1/api_keys', { name: 'watcher', scopes: ['runs:read'] })).body;
    const started = await testLogin({ url: `${silent.url}never`, username: 'a', password: 'kt-silent' });
    const response = await stream(started.workflow_run_id, { 'x-api-key': key.api_key });
    const rest = all(response);
    await silent.arrived('/never');
    expect((await service.call('DELETE', `/v1/api_keys/${key.api_key_id}`)).status).toBe(204);
    expect((await rest).map(({ event }) => event)).not.toContain('final');
    expect((await stream(started.workflow_run_id, { 'x-api-key': key.api_key })).status).toBe(401);
    await service.call('POST', `/v1/runs/${started.workflow_run_id}/cancel`);
  });

  test('end when the service stops', async () => {
    const started = await testLogin({ url: `${silent.url}never`, username: 'a', password: 'kt-silent' });
    const rest = all(await stream(started.workflow_run_id));
    await silent.arrived('/never');
    await service.runtime.close();
    expect((await rest).map(({ event }) => event)).not.toContain('final');
  });
});
