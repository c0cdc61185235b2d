import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { KeyturnError } from '../../src/errors.ts';
import { type Api, type ApiOptions, startApi, wrongError } from './api-fixture.ts';

const open: Api[] = [];

async function start(options?: ApiOptions): Promise<Api> {
  const api = await startApi(options);
  open.push(api);
  return api;
}

afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

describe('many at once', () => {
  test('300 requests, reads and writes, are all answered', { timeout: 90_000 }, async () => {
    const api = await start();
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        api.call('POST', '/v1/api_keys', { body: { name: `key ${n}`, scopes: ['runs:read'] } }),
      ),
    );
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
    const mixed = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        n % 3 === 0
          ? api.call('POST', '/v1/api_keys', { body: { name: `more ${n}`, scopes: ['runs:read'] } })
          : n % 3 === 1
            ? api.call('GET', '/v1/api_keys')
            : api.call('GET', '/v1/api_keys', { key: 'a key that nobody has ever made' }),
      ),
    );
    expect(mixed.map(({ status }) => status)).toEqual(mixed.map((_, n) => [201, 200, 401][n % 3]));
    expect((await api.call('GET', '/v1/api_keys')).body).toHaveLength(201);
  });
});

describe('closing', () => {
  test('answers what is under way, refuses what comes, and does not wait for idle connections', async () => {
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const api = await start({
      routes: () => [
        async (app) => {
          app.get('/slow', { config: { scope: 'runs:read' } }, async () => {
            entered.resolve();
            await leave.promise;
            return { done: true };
          });
        },
      ],
    });
    const idle = connect(Number(new URL(api.url).port), '127.0.0.1');
    const half = await halfSent(api);
    const slow = api.call('GET', '/v1/slow');
    await entered.promise;
    const before = performance.now();
    const closed = api.app.close();
    half.send();
    expect(await half.answer).toMatchObject({ status: 503, body: { code: 'unavailable', status_code: 503 } });
    leave.resolve();
    expect((await slow).body).toEqual({ done: true });
    await closed;
    expect(performance.now() - before).toBeLessThan(1_500);
    idle.destroy();
  });

  test('gives up on what does not end', async () => {
    const entered = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    const api = await start({
      routes: () => [
        async (app) => {
          app.get('/stuck', { config: { scope: 'runs:read' } }, async () => {
            entered.resolve();
            await never.promise;
            return {};
          });
        },
      ],
    });
    const stuck = api.call('GET', '/v1/stuck').catch(() => 'cut off');
    await entered.promise;
    const before = performance.now();
    await api.app.close();
    expect(await stuck).toBe('cut off');
    expect(performance.now() - before).toBeLessThan(4_000);
    never.resolve();
  });
});

/** A connection that was used before and whose next request is half sent until `send`: closing leaves it open. */
async function halfSent(api: Api) {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  const answer = text(socket).then((all) => {
    const [head = '', body = ''] = all.slice(all.lastIndexOf('HTTP/1.1')).split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), body: JSON.parse(body) };
  });
  const first = once(socket, 'data');
  socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n');
  await first;
  socket.write(`GET /v1/api_keys HTTP/1.1\r\nhost: a\r\nx-api-key: ${api.key}\r\n`);
  // The server has taken it up once a request that came later is answered.
  await api.call('GET', '/health/live');
  return { answer, send: () => void socket.write('\r\n') };
}

describe('health', () => {
  test('alive and ready, without a key', async () => {
    const api = await start({ health: { database: async () => {}, browser: async () => {} } });
    expect((await api.call('GET', '/health/live', { key: null })).body).toEqual({ status: 'ok' });
    const ready = await api.call('GET', '/health/ready/', { key: null });
    expect(ready.body).toEqual({ status: 'ready', parts: { database: 'ready', browser: 'ready' } });
  });

  test('names the part that is not ready, and no more than may be known', async () => {
    const api = await start({
      health: {
        database: async () => {
          throw new Error('password=hunter2 at 10.0.0.1');
        },
        browser: async () => {
          throw new KeyturnError('no_browser');
        },
        pool: async () => {},
      },
    });
    const answer = await api.call('GET', '/health/ready', { key: null });
    expect(wrongError(answer, 503, 'unavailable')).toEqual([]);
    expect(answer.body.parts).toEqual({
      database: 'It failed.',
      browser: expect.stringContaining('No Chromium was found'),
      pool: 'ready',
    });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body.detail).toMatch(/database: .* browser: No Chromium was found/);
    expect(answer.body.detail).not.toMatch(/pool|hunter2/);
  });

  test('a part that does not answer is not ready', async () => {
    const api = await start({ health: { database: () => new Promise(() => {}) } });
    const answer = await api.call('GET', '/health/ready', { key: null });
    expect(wrongError(answer, 503, 'unavailable')).toEqual([]);
  });
});

describe('headers', () => {
  test('nothing is kept, framed, sniffed or trusted', async () => {
    const api = await start();
    const { headers } = await api.call('GET', '/v1/api_keys', { headers: { 'x-forwarded-host': 'evil.example' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
    expect(api.log()).not.toContain('evil.example');
  });
});
