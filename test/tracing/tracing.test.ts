import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from '../support/otlp-collector.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

interface Traced {
  collector: OtlpCollector;
  service: Service;
  practice: Practice;
  login(headers: Record<string, string>): Promise<{ outcome: string; workflow_run_id: string }>;
}

/** A service that traces; it is closed at the end of the test unless the test does so. */
async function start(answers: boolean): Promise<Traced> {
  const collector = await startOtlpCollector({ answers });
  const [service, practice] = await Promise.all([startService(collector.env), startPractice()]);
  onTestFinished(async () => {
    await practice.close();
    await collector.close();
  });
  const login = async (headers: Record<string, string>) => {
    const { username, password } = practice.ada;
    const body = { url: practice.site.url('classic'), username, password };
    const started = await service.call('POST', '/v1/credentials/test-login', body, headers);
    return service.finished(started.body);
  };
  return { collector, service, practice, login };
}

describe('traces', () => {
  test("lead from the caller's span over the call and the queue to the stages of the run", async () => {
    const { collector, service, login, practice } = await start(true);
    const run = await login({ traceparent: `00-${TRACE}-${CALLER}-01` });
    expect(run.outcome).toBe('logged_in');
    const noParent = ['', `00-${'0'.repeat(32)}-${CALLER}-01`, 'password=hunter2', `ff-${TRACE}-${CALLER}-01`];
    for (const traceparent of noParent) {
      expect((await service.call('GET', '/v1/runs', undefined, { traceparent })).status).toBe(200);
    }
    // The last spans leave when the service stops.
    await service.close();
    const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
    const named = (name: string) => {
      const found = spans.filter((span) => span.name === name);
      expect([name, found.length]).toEqual([name, 1]);
      return found[0] as CollectedSpan;
    };
    const call = named('POST /v1/credentials/test-login');
    expect(call.parentSpanId).toBe(CALLER);
    const queued = named('run queued');
    const whole = named('run');
    expect([queued.parentSpanId, whole.parentSpanId]).toEqual([call.spanId, call.spanId]);
    expect(whole.from).toBe(queued.until);
    expect(whole.attributes).toMatchObject({
      'keyturn.run_id': run.workflow_run_id,
      'keyturn.outcome': 'logged_in',
      'keyturn.part.open_ms': expect.anything(),
    });
    const stages = spans.filter(({ parentSpanId }) => parentSpanId === whole.spanId).sort((a, b) => a.from - b.from);
    const names = stages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['run opening', 'run password', 'run judging', 'run saving']));
    for (const [index, stage] of stages.entries()) expect(stage.from).toBe(stages[index - 1]?.until ?? whole.from);
    expect(stages.at(-1)?.until).toBe(whole.until);

    const roots = collector.spans().filter(({ name }) => name === 'GET /v1/runs');
    expect(roots.map(({ parentSpanId }) => parentSpanId)).toEqual(noParent.map(() => null));
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(noParent.length);

    const { username, password } = practice.ada;
    for (const word of [username, JSON.stringify(password).slice(1, -1), 'hunter2', service.key]) {
      expect(collector.received.filter((sent) => sent.includes(word))).toEqual([]);
    }
  });

  test('a collector that never answers delays neither a run nor, for long, the stop', async () => {
    const { collector, service, login } = await start(false);
    expect((await login({})).outcome).toBe('logged_in');
    await expect.poll(() => collector.received.length).toBeGreaterThan(0);
    const before = performance.now();
    await service.close();
    expect(performance.now() - before).toBeLessThan(12_000);
  });
});

describe('the settings', () => {
  test('name the collector, its headers and the service', () => {
    const { otlp } = loadConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example.com/base/',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc, x-scope = 1',
      OTEL_SERVICE_NAME: 'logins',
    });
    expect(otlp).toEqual({
      tracesUrl: 'https://collector.example.com/base/v1/traces',
      headers: { authorization: 'Bearer abc', 'x-scope': '1' },
      serviceName: 'logins',
    });
    expect(loadConfig({ OTEL_SERVICE_NAME: 'logins' }).otlp).toBeNull();
  });

  test.each(['no pair', '=hunter2', 'a=%zz'])('refuse the headers %j without quoting them', (headers) => {
    const load = () => loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: headers });
    expect(load).toThrow('OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs');
    expect(load).not.toThrow(headers);
  });
});
