import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBehalfOf } from '../../src/log-context.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let practice: Practice;

beforeAll(async () => {
  [service, practice] = await Promise.all([startService(), startPractice()]);
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

type Samples = Map<string, number>;

/** The samples of Prometheus' text format, by name with labels as they are written. */
function parse(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

/** As Prometheus asks, from this machine, without a key. */
async function scrape(): Promise<Samples> {
  const response = await fetch(`${service.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return parse(await response.text());
}

/** How much each sample has grown, where it has. */
function grown(before: Samples, after: Samples): Record<string, number> {
  const changes = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(changes.filter(([name, by]) => by > 0 && !/_bucket\{|_sum/.test(name)));
}

async function login(variant: string, body: Record<string, unknown>): Promise<{ outcome: string }> {
  const started = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url(variant),
    save_browser_profile: false,
    ...body,
  });
  expect(started.status).toBe(200);
  return service.finished(started.body);
}

describe('what /metrics counts', () => {
  test('a login by its outcome and its phases', async () => {
    const { username, password } = practice.ada;
    const before = await scrape();
    expect((await login('classic', { username, password })).outcome).toBe('logged_in');
    const after = await scrape();
    expect(grown(before, after)).toMatchObject({
      'keyturn_runs_total{status="completed",outcome="logged_in",verdict="passed"}': 1,
      ...Object.fromEntries(
        ['queued', 'opening', 'password', 'judging', 'whole'].map((phase) => [
          `keyturn_run_phase_seconds_count{phase="${phase}"}`,
          1,
        ]),
      ),
      'keyturn_http_request_seconds_count{method="POST",route="/v1/credentials/test-login",status="200",held="false"}': 1,
      'keyturn_http_request_seconds_count{method="GET",route="/v1/credentials/:id/test/:run",status="200",held="true"}':
        expect.any(Number),
      'keyturn_vault_seconds_count{vault="local"}': expect.any(Number),
    });
    const sum = (phase: string) => {
      const name = `keyturn_run_phase_seconds_sum{phase="${phase}"}`;
      return (after.get(name) ?? 0) - (before.get(name) ?? 0);
    };
    const parts = ['opening', 'identifier', 'password', 'judging', 'saving'].map(sum);
    expect(sum('whole')).toBeGreaterThan(0.05);
    expect(parts.reduce((all, one) => all + one, 0)).toBeCloseTo(sum('whole'), 2);
  });

  test('a pushed code from its arrival to the page, and a run that waits for one', async () => {
    const account = { username: 'coded', password: practice.ada.password, codeTo: 'coded@lindgrove.test' };
    practice.site.accounts.set(account);
    const { username, password, codeTo: totp_identifier } = account;
    const before = await scrape();
    const { body: started } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('totp-one-box'),
      username,
      password,
      totp_identifier,
      totp_type: 'email',
      save_browser_profile: false,
    });
    await service.call('GET', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}?wait=60`);
    const during = await scrape();
    expect(during.get('keyturn_pool_runs{state="waiting"}')).toBe(1);
    expect(during.get('keyturn_pool_runs{state="busy"}')).toBe(0);
    await service.call('POST', '/v1/totp', { totp_identifier, content: '000000' });
    expect((await service.finished(started)).outcome).toBe('wrong_code');
    const after = await scrape();
    expect(grown(before, after)).toMatchObject({
      'keyturn_code_latency_seconds_count{channel="email"}': 1,
      'keyturn_run_phase_seconds_count{phase="code_wait"}': 1,
      'keyturn_run_phase_seconds_count{phase="code"}': 1,
      'keyturn_runs_total{status="terminated",outcome="wrong_code",verdict="failed"}': 1,
    });
    expect(after.get('keyturn_pool_runs{state="waiting"}')).toBe(0);
  });

  test('what the fuse and the guard stopped, and what was canceled', async () => {
    const { username, password } = practice.ada;
    const before = await scrape();
    expect((await login('hostile-sends-twice', { username, password })).outcome).toBe('second_submission_blocked');
    expect((await login('hostile-redirect-307-foreign', { username, password })).outcome).toBe('egress_denied');
    const slow = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('slow'),
      username: 'nobody',
      password: practice.wrong,
    });
    await service.call('POST', `/v1/runs/${slow.body.workflow_run_id}/cancel`);
    expect(grown(before, await scrape())).toMatchObject({
      'keyturn_fuse_fired_total{reason="repeat"}': 1,
      'keyturn_fuse_fired_total{reason="foreign"}': 1,
      'keyturn_egress_denied_total{reason="origin"}': 1,
      'keyturn_runs_total{status="canceled",outcome="none",verdict="unknown"}': 1,
    });
  });

  test('queue, pool and process', async () => {
    const samples = await scrape();
    expect(samples.get('keyturn_queue_depth')).toBe(0);
    expect(samples.get('keyturn_queue_oldest_seconds')).toBe(0);
    expect(samples.get('keyturn_pool_threads')).toBe(1);
    expect(samples.get('keyturn_pool_browserless')).toBe(0);
    expect(samples.get('keyturn_pool_busy_places')).toBe(2);
    expect(samples.get('keyturn_browser_restarts_total')).toBe(0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(samples.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
  });

  test('nothing of whom or where: labels are words of the code, and few', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const { port } = new URL(practice.site.url('classic'));
    for (const word of ['o_', 'wr_', 'cred_', practice.ada.username, port, 'lindgrove', '127.0.0.1']) {
      expect(text.replaceAll(/^#.*$/gm, '')).not.toContain(word);
    }
    for (let call = 0; call < 5; call += 1) await service.call('GET', `/made-up/${call}`);
    await fetch(service.url, { method: 'PROPFIND' });
    const routes = new Set([...(await scrape()).keys()].flatMap((name) => /route="([^"]*)"/.exec(name)?.[1] ?? []));
    expect(routes.has('unknown')).toBe(true);
    expect([...routes].filter((route) => route.includes('made-up'))).toEqual([]);
  });
});

describe('the queue', () => {
  const QUEUE = ['keyturn_queue_depth', 'keyturn_queue_oldest_seconds'];

  test('is shown as it is at the time of the call, by one look at it', async () => {
    const metrics = new Metrics();
    let looks = 0;
    metrics.watchQueue(async () => {
      looks += 1;
      if (looks === 3) throw new Error('the database is away');
      return { depth: looks, oldestSeconds: 10 * looks };
    });
    const figures = async () => {
      const samples = parse((await metrics.text()).body);
      return QUEUE.map((name) => samples.get(name));
    };
    expect(await figures()).toEqual([1, 10]);
    expect(await figures()).toEqual([2, 20]);
    expect(await figures()).toEqual([Number.NaN, Number.NaN]);
    expect(await figures()).toEqual([4, 40]);
  });
});

describe('who may read /metrics', () => {
  test.each([
    ['x-forwarded-for', '127.0.0.1'],
    ['forwarded', 'for=127.0.0.1'],
    ['x-forwarded-proto', 'https'],
  ])('a call through a proxy (%s) needs an admin key', async (name, value) => {
    const headers = { [name]: value };
    const without = await fetch(`${service.url}/metrics`, { headers });
    expect(without.status).toBe(401);
    const { body: limited } = await service.call('POST', '/v1/api_keys', { name: 'reader', scopes: ['runs:read'] });
    const refused = await fetch(`${service.url}/metrics`, { headers: { ...headers, 'x-api-key': limited.api_key } });
    expect(refused.status).toBe(403);
    const allowed = await fetch(`${service.url}/metrics`, { headers: { ...headers, 'x-api-key': service.key } });
    expect(allowed.status).toBe(200);
  });
});

describe('the log', () => {
  test('says of each line which run or call it belongs to', async () => {
    const from = service.log().length;
    const { username, password } = practice.ada;
    const started = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('spa'),
      username,
      password,
    });
    await service.finished(started.body);
    const lines = service
      .log()
      .slice(from)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ uuid, run_id }) => uuid === undefined && run_id === undefined)).toEqual([]);
    const { workflow_run_id: run } = started.body;
    const ofRun = lines.filter(({ run_id }) => run_id === run);
    expect(ofRun.map(({ msg }) => msg)).toEqual(['the run is queued', 'the run begins', 'the run is over']);
    // The call that asked for the run and the run find each other.
    const call = lines.find(({ route }) => route === '/v1/credentials/test-login');
    expect(ofRun[0]?.uuid).toBe(call?.uuid);
    expect(ofRun[2]).toMatchObject({ status: 'completed', outcome: 'logged_in', verdict: 'passed' });
  });

  test('what is written for a run by a part that knows of none says so too', async () => {
    const { log } = service.runtime.services;
    const from = service.log().length;
    await Promise.all(
      ['wr_1', 'wr_2'].map((run) =>
        onBehalfOf(run, async () => {
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
          log.info({ mine: run }, 'deep below');
        }),
      ),
    );
    log.info({ mine: null }, 'deep below');
    const lines = service.log().slice(from).trim().split('\n');
    const found = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'deep below');
    expect(found.map(({ mine, run_id }) => [mine, run_id])).toEqual([
      ['wr_1', 'wr_1'],
      ['wr_2', 'wr_2'],
      [null, undefined],
    ]);
  });

  test('a call is not traced where no collector is named', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const body = { url: 'http://127.0.0.1:1/', password: 'kt-untraced' };
    const { body: started } = await service.call('POST', '/v1/credentials/test-login', body, { traceparent });
    const db = service.runtime.services.storage.database.asSystem('dispatch');
    const row = await db.run.findFirst({ where: { id: started.workflow_run_id }, select: { trace_context: true } });
    expect(row).toEqual({ trace_context: null });
    await service.finished(started);
  });
});
