import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newApiKey } from '../../src/api-keys/api-key.ts';
import { loadConfig } from '../../src/config.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { type Answer, type Api, type ApiOptions, startApi, wrongError } from './api-fixture.ts';

const open: Api[] = [];

async function start(options: ApiOptions): Promise<Api> {
  const api = await startApi(options);
  open.push(api);
  return api;
}

// The clock that the limits go by stands still, and is put forward by the tests.
const NOON = new Date('2026-11-26T12:00:00Z').getTime();
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOON }));
afterEach(async () => {
  vi.useRealTimers();
  for (const api of open.splice(0)) await api.close();
});

const list = (api: Api, key?: string) => api.call('GET', '/v1/api_keys', key === undefined ? {} : { key });

async function statuses(count: number, call: () => Promise<Answer>): Promise<number[]> {
  const answers: number[] = [];
  for (let at = 0; at < count; at += 1) answers.push((await call()).status);
  return answers;
}

function left({ headers }: Answer): (string | null)[] {
  return ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
}

describe('calls of a key', () => {
  test('are counted down, refused, and taken again when the minute is over', async () => {
    const api = await start({ limits: { key: 3 } });
    expect(left(await list(api))).toEqual(['3', '2', '60']);
    vi.setSystemTime(NOON + 20_000);
    expect(left(await list(api))).toEqual(['3', '1', '40']);
    expect(left(await list(api))).toEqual(['3', '0', '40']);
    const refused = await list(api);
    expect(wrongError(refused, 429, 'rate_limited')).toEqual([]);
    expect(refused.headers.get('retry-after')).toBe('40');
    expect(left(refused)).toEqual(['3', '0', '40']);
    vi.setSystemTime(NOON + 59_999);
    expect((await list(api)).status).toBe(429);
    vi.setSystemTime(NOON + 60_000);
    expect((await list(api)).status).toBe(200);
  });

  test('are no burden on another key, and those without the scope count as well', async () => {
    const api = await start({ limits: { key: 4 } });
    const { key } = await api.keyWith('runs:read');
    expect(await statuses(5, () => list(api, key))).toEqual([403, 403, 403, 403, 429]);
    expect((await list(api)).status).toBe(200);
  });

  test('at the same time are counted one by one', async () => {
    const api = await start({ limits: { key: 10 } });
    const answers = await Promise.all(Array.from({ length: 25 }, () => list(api)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });
});

describe('calls of an organization', () => {
  test('are those of all its keys, and of no other organization', async () => {
    const api = await start({ limits: { organization: 6, key: 5 } });
    const { key } = await api.keyWith('admin');
    expect(await statuses(3, () => list(api))).toEqual([200, 200, 200]);
    const last = await list(api, key);
    expect([last.status, ...left(last)]).toEqual([200, '6', '1', '60']);
    expect(await statuses(2, () => list(api, key))).toEqual([200, 429]);
    expect(wrongError(await list(api), 429, 'rate_limited')).toEqual([]);
    const other = await createOrganization(api.storage.database, api.dataKeys, 'Other');
    expect((await list(api, other.admin.key)).status).toBe(200);
  });
});

describe('wrong keys from an address', () => {
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  test('are refused in the end without being looked up; a key that worked goes on working', async () => {
    const api = await start({ limits: { failedAuthentications: 3 } });
    const { key: unused } = await api.keyWith('admin');
    expect(await statuses(5, () => list(api, newApiKey()))).toEqual([401, 401, 401, 429, 429]);
    const refused = await list(api, 'a key of another kind, long enough');
    expect(wrongError(refused, 429, 'rate_limited')).toEqual([]);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await list(api, unused)).status).toBe(429);
    expect((await list(api)).status).toBe(200);
    vi.setSystemTime(NOON + 60_000);
    expect((await list(api, unused)).status).toBe(200);
    expect((await list(api, newApiKey())).status).toBe(401);
  });

  test('a key that worked and was revoked is a wrong one', async () => {
    const api = await start({ limits: { failedAuthentications: 1 } });
    const { id, key } = await api.keyWith('admin');
    expect((await list(api, key)).status).toBe(200);
    expect((await api.call('DELETE', `/v1/api_keys/${id}`)).status).toBe(204);
    expect(await statuses(2, () => list(api, key))).toEqual([401, 429]);
  });

  test('a call without a key has tried none', async () => {
    const api = await start({ limits: { failedAuthentications: 2 } });
    expect(await statuses(5, () => api.call('GET', '/v1/api_keys', { key: null }))).toEqual([401, 401, 401, 401, 401]);
  });

  test('X-Forwarded-For says nothing unless the proxy is trusted', async () => {
    const api = await start({ limits: { failedAuthentications: 2 } });
    const call = (address: string) => api.call('GET', '/v1/api_keys', { key: newApiKey(), ...from(address) });
    const answers = [await call('192.0.2.1'), await call('192.0.2.2'), await call('192.0.2.3')];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
  });

  test('behind a trusted proxy each address counts for itself, as the proxy saw it, IPv6 by its network', async () => {
    const api = await start({ limits: { failedAuthentications: 1 }, trustProxy: ['127.0.0.0/8'] });
    const call = async (address: string) =>
      (await api.call('GET', '/v1/api_keys', { key: newApiKey(), ...from(address) })).status;
    expect([await call('192.0.2.1'), await call('192.0.2.2'), await call('192.0.2.1')]).toEqual([401, 401, 429]);
    // The client itself wrote the first one; the proxy added the second.
    expect(await call('198.51.100.1, 192.0.2.2')).toBe(429);
    expect([await call('2001:db8:1::1'), await call('2001:db8:1::ffff'), await call('2001:db8:2::1')]).toEqual([
      401, 429, 401,
    ]);
    expect([await call('::ffff:192.0.2.1'), await call('nonsense')]).toEqual([429, 401]);
  });
});

test('health, the document and what else stands outside of /v1 know no limit, with a key or without', async () => {
  const openRoutes: ApiOptions['openRoutes'] = [
    async (app) => {
      app.get('/watched', { config: { scope: 'admin' }, schema: { hide: true } }, async () => ({ watched: true }));
    },
  ];
  const api = await start({ limits: { key: 1, organization: 1, failedAuthentications: 1 }, openRoutes });
  expect(await statuses(2, () => list(api))).toEqual([200, 429]);
  expect(await statuses(3, () => list(api, newApiKey()))).toEqual([401, 429, 429]);
  for (const path of ['/health/live', '/health/ready', '/openapi.json', '/watched', '/watched']) {
    const answer = await api.call('GET', path);
    expect([path, answer.status, ...left(answer)]).toEqual([path, 200, null, null, null]);
  }
});

test('0 is no limit, and the answers say nothing of one', async () => {
  const api = await start({ limits: { key: 0 } });
  expect(left(await list(api))).toEqual([null, null, null]);
});

test('as many addresses as there are leave a table of the same size', async () => {
  const api = await start({ limits: { failedAuthentications: 1 }, trustProxy: ['127.0.0.0/8'] });
  const call = async (n: number) => {
    const headers = { 'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 'x-api-key': 'kt_wrong' };
    return (await api.app.inject({ url: '/v1/api_keys', headers })).statusCode;
  };
  expect([await call(0), await call(0)]).toEqual([401, 429]);
  for (let n = 1; n <= 5_000; n += 1) await call(n);
  // The oldest had to go.
  expect([await call(0), await call(5_000)]).toEqual([401, 429]);
});

describe('the settings', () => {
  test('have defaults that a client polling 400 runs a second does not meet', () => {
    const { rateLimits, trustProxy } = loadConfig({});
    expect(rateLimits).toEqual({ key: 30_000, organization: 60_000, failedAuthentications: 120 });
    expect(rateLimits.key / 60).toBeGreaterThan(400);
    expect(trustProxy).toEqual([]);
  });

  test.each([
    ['KEYTURN_RATE_LIMIT_KEY', '-1'],
    ['KEYTURN_RATE_LIMIT_ORGANIZATION', 'many'],
    ['KEYTURN_RATE_LIMIT_FAILED_AUTH', '1.5'],
    ['KEYTURN_TRUST_PROXY', 'true'],
    ['KEYTURN_TRUST_PROXY', '10.0.0.1'],
  ])('%s=%s stops the start', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(name);
  });
});
