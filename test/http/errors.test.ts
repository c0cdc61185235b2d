import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeyturnError } from '../../src/errors.ts';
import { type Api, startApi, wrongError } from './api-fixture.ts';

const SECRET = 'correct horse "battery" 5taple';

let api: Api;

beforeAll(async () => {
  api = await startApi({
    routes: () => [
      async (app) => {
        const scope = { config: { scope: 'runs:read' } } as const;
        const body = Type.Object(
          {
            password: Type.String({ minLength: 3, maxLength: 40 }),
            count: Type.Optional(Type.Integer()),
            kind: Type.Optional(Type.Enum(['a', 'b'])),
            anything: Type.Optional(Type.Unknown()),
          },
          { additionalProperties: false },
        );
        app.post('/echo', { ...scope, schema: { body } }, async (request) => ({
          length: request.body.password.length,
        }));
        app.post('/no-body', scope, async () => ({ done: true }));
        app.get(
          '/things/:id',
          {
            ...scope,
            schema: {
              params: Type.Object({ id: Type.String() }),
              querystring: Type.Object(
                { page: Type.Optional(Type.Integer({ minimum: 1 })), all: Type.Optional(Type.Boolean()) },
                { additionalProperties: false },
              ),
            },
          },
          async (request) => ({ id: request.params.id, ...request.query }),
        );
        app.post('/throws', { ...scope, schema: { body } }, async (request) => {
          throw new Error(`the driver says: ${request.body.password}`, {
            cause: new Error(`value=${encodeURIComponent(request.body.password)}`),
          });
        });
        app.get('/throws-text', scope, async () => {
          throw 'just text';
        });
        app.get('/known', scope, async () => {
          throw new KeyturnError('rate_limited', { detail: 'Wait.', retryAfter: 12.2 });
        });
        app.get('/busy', scope, async () => {
          throw new KeyturnError('unavailable');
        });
      },
    ],
  });
});

afterAll(() => api.close());

describe('the one error shape', () => {
  test.each([
    ['GET', '/v1/nothing', 404, 'not_found'],
    ['GET', '/', 404, 'not_found'],
    ['GET', '/v2/echo', 404, 'not_found'],
    ['PUT', '/v1/echo', 405, 'method_not_allowed'],
    ['DELETE', '/api/v1/things/t_a/', 405, 'method_not_allowed'],
    ['GET', '/v1/things/%zz', 400, 'invalid_request'],
    ['GET', `/v1/things/${'a'.repeat(500)}`, 404, 'not_found'],
    ['GET', '/v1/things/a?page=0', 400, 'invalid_request'],
    ['GET', '/v1/things/a?page=1&page=2', 400, 'invalid_request'],
    ['GET', '/v1/things/a?pages=1', 400, 'invalid_request'],
    ['GET', '/v1/throws-text', 500, 'internal'],
    ['GET', '/v1/known', 429, 'rate_limited'],
    ['GET', '/v1/busy', 503, 'unavailable'],
  ])('%s %s', async (method, route, status, code) => {
    expect(wrongError(await api.call(method, route), status, code)).toEqual([]);
  });

  test.each([
    ['malformed JSON', '{"password": "abc"', 400, 'invalid_request'],
    ['a prototype in JSON', '{"password": "abc", "__proto__": {"x": 1}}', 400, 'invalid_request'],
    ['an array', '[]', 400, 'invalid_request'],
    ['null', 'null', 400, 'invalid_request'],
    ['a number for a string', '{"password": 12345}', 400, 'invalid_request'],
    ['a text for a number', '{"password": "abc", "count": "1"}', 400, 'invalid_request'],
    ['an unknown member', '{"password": "abc", "passwort": "abc"}', 400, 'invalid_request'],
    ['a missing member', '{}', 400, 'invalid_request'],
    ['no body', undefined, 400, 'invalid_request'],
    ['1 MiB and a byte', `{"password":"${'a'.repeat(1024 * 1024 - 14)}"}`, 413, 'payload_too_large'],
    ['JSON of a thousand levels', `{"password":"abc","anything":${nested(1_000)}}`, 400, 'invalid_request'],
    ['JSON of 400,000 levels', `{"password":"abc","anything":${nested(400_000)}}`, 400, 'invalid_request'],
  ])('a body that is %s', async (_name, body, status, code) => {
    expect(wrongError(await api.call('POST', '/v1/echo', { body }), status, code)).toEqual([]);
  });

  test('just inside the limits', async () => {
    const fits = `{"password":"${'a'.repeat(40)}","anything":${nested(150)}}`;
    expect((await api.call('POST', '/v1/echo', { body: fits })).body).toEqual({ length: 40 });
    const large = `{"password":"abc"}${' '.repeat(1024 * 1024 - 18)}`;
    expect((await api.call('POST', '/v1/echo', { body: large })).status).toBe(200);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'a body of type %s',
    async (type) => {
      const answer = await api.call('POST', '/v1/echo', {
        body: '{"password":"abc"}',
        headers: { 'content-type': type },
      });
      expect(wrongError(answer, 415, 'unsupported_media_type')).toEqual([]);
    },
  );

  test('other methods of a path are named', async () => {
    expect((await api.call('PATCH', '/v1/things/t_a')).headers.get('allow')).toBe('GET, HEAD');
  });

  test('when to come back', async () => {
    expect((await api.call('GET', '/v1/known')).headers.get('retry-after')).toBe('13');
    expect((await api.call('GET', '/v1/busy')).headers.get('retry-after')).toBe('5');
  });
});

describe('what is below HTTP', () => {
  async function send(request: string): Promise<string> {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(request);
    return text(socket);
  }

  test.each([
    ['not HTTP', 'HELLO\r\n\r\n', '400 Bad Request', 'invalid_request'],
    [
      'headers of 64 KiB',
      `GET /v1/known HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(65_536)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'headers_too_large',
    ],
    [
      'a length that is none',
      'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n',
      '400 Bad Request',
      'invalid_request',
    ],
    [
      'two lengths',
      'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 Bad Request',
      'invalid_request',
    ],
    ['no host', 'GET /v1/known HTTP/1.1\r\nconnection: close\r\n\r\n', '400 Bad Request', 'invalid_request'],
    [
      'chunk extensions of 32 KiB',
      `POST /v1/echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2;${'a'.repeat(32_768)}\r\n{}\r\n`,
      '413 Payload Too Large',
      'payload_too_large',
    ],
  ])('%s', async (_name, request, line, code) => {
    const [head = '', body = ''] = (await send(request)).split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toBe(`HTTP/1.1 ${line}`);
    const error = JSON.parse(body);
    expect(error).toMatchObject({ type: 'Error', code, status_code: Number(line.slice(0, 3)) });
    expect(api.log()).toContain(error.uuid);
  });
});

describe('bodies nobody asked for', () => {
  test.each(['text/plain', 'application/json', 'application/x-www-form-urlencoded', '; nonsense'])(
    'no body as %s is taken',
    async (type) => {
      const answer = await api.call('POST', '/v1/no-body', { headers: { 'content-type': type } });
      expect(answer.body).toEqual({ done: true });
    },
  );

  test('an empty object is taken, members are not', async () => {
    expect((await api.call('POST', '/v1/no-body', { body: {} })).status).toBe(200);
    expect(
      wrongError(await api.call('POST', '/v1/no-body', { body: { force: true } }), 400, 'invalid_request'),
    ).toEqual([]);
  });
});

describe('prefixes and slashes', () => {
  test.each([
    '/v1/things/a',
    '/v1/things/a/',
    '/api/v1/things/a',
    '/api/v1/things/a/',
    '/v1/things/a/?page=2&all=true',
  ])('%s', async (route) => {
    const { status, body } = await api.call('GET', route);
    expect(status).toBe(200);
    expect(body).toEqual(route.includes('?') ? { id: 'a', page: 2, all: true } : { id: 'a' });
  });
});

describe('what a caller sent is not said back', () => {
  test.each([
    [{ password: SECRET.repeat(5) }, '/password'],
    [{ password: 'abc', kind: SECRET }, '/kind'],
    [{ password: 'abc', count: SECRET }, '/count'],
    [{ password: { value: SECRET } }, '/password'],
  ])('%j', async (body, path) => {
    const answer = await api.call('POST', '/v1/echo', { body });
    expect(wrongError(answer, 400, 'invalid_request')).toEqual([]);
    expect(answer.body.errors[0]).toEqual({ path, message: expect.any(String) });
    expect(answer.text).not.toContain('battery');
  });

  test('an unexpected error: the uuid leads to the log line, the words and the secret stay inside', async () => {
    const answer = await api.call('POST', '/v1/throws', { body: { password: SECRET } });
    expect(wrongError(answer, 500, 'internal')).toEqual([]);
    expect(answer.text).not.toContain('driver');
    const line = api
      .log()
      .split('\n')
      .find((found) => found.includes(answer.body.uuid) && found.includes('"err"'));
    expect(line).toContain('the driver says: [redacted]');
    expect(api.log()).not.toContain('battery');
  });

  test('an address is logged as its pattern', async () => {
    const { headers } = await api.call('GET', '/v1/things/hunter2?all=true');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(api.log()).toContain('"route":"/v1/things/:id"');
    expect(api.log()).not.toContain('hunter2');
  });

  test('nor are the keys', () => {
    expect(api.log()).not.toContain(api.key);
  });
});

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
