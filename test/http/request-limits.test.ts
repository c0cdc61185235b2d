import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, startApi, wrongError } from './api-fixture.ts';

let api: Api;

beforeAll(async () => {
  api = await startApi({
    routes: () => [
      async (app) => {
        const config = { scope: 'runs:read' } as const;
        const body = Type.Object({ text: Type.String(), any: Type.Optional(Type.Unknown()) });
        app.post('/echo', { config, schema: { body } }, async (request) => ({ text: request.body.text }));
        app.post('/large', { config, bodyLimit: 2_000_000, schema: { body } }, async () => ({ done: true }));
        app.post('/bytes', { config: { ...config, anyText: ['any'] }, schema: { body } }, async () => ({ done: true }));
        app.get('/things/:id', { config }, async (request) => ({ id: (request.params as { id: string }).id }));
      },
    ],
  });
});
afterAll(() => api.close());

/** What a request as it stands on the wire is answered with. */
async function send(lines: string[], body: string | Buffer = ''): Promise<{ status: number; code?: string }> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${[...lines, `x-api-key: ${api.key}`, 'connection: close'].join('\r\n')}\r\n\r\n`);
  socket.write(body);
  const answer = await text(socket);
  const [head = '', content = ''] = answer.split('\r\n\r\n');
  const status = Number(head.split(' ')[1]);
  return status < 400 ? { status } : { status, code: JSON.parse(content).code };
}

async function sendBody(body: string | Buffer, type = 'application/json') {
  const lines = [
    'POST /v1/echo HTTP/1.1',
    'host: a',
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return send(lines, body);
}

const INVALID = { status: 400, code: 'invalid_request' };

describe('the address', () => {
  const path = (length: number) => `/v1/things/a?x=${'a'.repeat(length - '/v1/things/a?x='.length)}`;

  test('of 8,192 characters is taken, a longer one is not', async () => {
    expect(await send([`GET ${path(8_192)} HTTP/1.1`, 'host: a'])).toEqual({ status: 200 });
    const long = { status: 414, code: 'uri_too_long' };
    expect(await send([`GET ${path(8_193)} HTTP/1.1`, 'host: a'])).toEqual(long);
    expect(await send([`GET ${path(15_000)} HTTP/1.1`, 'host: a'])).toEqual(long);
  });

  test('with a part of 200 characters is taken; a longer one is no id there could be', async () => {
    expect((await api.call('GET', `/v1/things/${'a'.repeat(200)}`)).status).toBe(200);
    expect(wrongError(await api.call('GET', `/v1/things/${'a'.repeat(201)}`), 404, 'not_found')).toEqual([]);
  });

  test.each(['/v1/things/%', '/v1/things/%zz', '/v1/things/%c3%28', '/v1/things/a?x=%', '/v1/things/a?x=%ff'])(
    '%s is not percent-encoded as it should be',
    async (target) => {
      expect(await send([`GET ${target} HTTP/1.1`, 'host: a'])).toEqual(INVALID);
    },
  );

  test.each(['/v1/things/%00', '/v1/things/a%00b', '/v1/things/a?x=%00', '/v1/things/a?%00=x'])(
    '%s holds NUL',
    async (target) => {
      expect(await send([`GET ${target} HTTP/1.1`, 'host: a'])).toEqual(INVALID);
    },
  );
});

describe('headers', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `x-${n}: a`);

  test('a hundred are taken, one more is not, and the key is never just overlooked', async () => {
    const line = ['GET /v1/things/a HTTP/1.1', 'host: a'];
    // With the host, the key and the connection.
    expect(await send([...line, ...many(97)])).toEqual({ status: 200 });
    const tooMany = { status: 431, code: 'headers_too_large' };
    expect(await send([...line, ...many(98)])).toEqual(tooMany);
    expect(await send([...line, ...many(1_200)])).toEqual(tooMany);
  });

  test('of 16 KiB are taken, longer ones are not', async () => {
    const lines = (length: number) => ['GET /v1/things/a HTTP/1.1', 'host: a', `x: ${'a'.repeat(length)}`];
    const rest = Buffer.byteLength([...lines(0), `x-api-key: ${api.key}`, 'connection: close', '', ''].join('\r\n'));
    expect(await send(lines(16_384 - rest))).toEqual({ status: 200 });
    expect(await send(lines(16_384))).toEqual({ status: 431, code: 'headers_too_large' });
  });

  test('Expect with something unknown is answered all the same', async () => {
    const { status } = await send(['GET /v1/things/a HTTP/1.1', 'host: a', 'expect: miracles']);
    expect(status).toBe(200);
  });
});

describe('the body', () => {
  test('of a route with a limit of its own is measured by that', async () => {
    const call = (length: number) => api.call('POST', '/v1/large', { body: `{"text":"${'a'.repeat(length - 11)}"}` });
    expect((await call(2_000_000)).status).toBe(200);
    const answer = await call(2_000_001);
    expect(wrongError(answer, 413, 'payload_too_large')).toEqual([]);
    expect(answer.body.detail).toBe('The body is larger than the 2,000,000 bytes this call takes.');
  });

  test('in chunks is measured too', async () => {
    const half = 'a'.repeat(600_000);
    const chunk = `${half.length.toString(16)}\r\n${half}\r\n`;
    const lines = ['POST /v1/echo HTTP/1.1', 'host: a', 'content-type: application/json', 'transfer-encoding: chunked'];
    expect(await send(lines, `${chunk}${chunk}0\r\n\r\n`)).toEqual({ status: 413, code: 'payload_too_large' });
  });

  test.each([
    ['a byte that begins no character', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a character cut off', Buffer.from('{"text":"ä"}', 'latin1')],
    ['UTF-16', Buffer.from('{"text":"a"}', 'utf16le')],
    ['NUL, as an escape', '{"text":"a\\u0000b"}'],
    ['NUL in a name', '{"text":"a","any":{"x\\u0000":1}}'],
    ['NUL in a list', '{"text":"a","any":[{"x":["\\u0000"]}]}'],
    ['half of a surrogate pair', '{"text":"\\ud83d"}'],
    ['its other half', '{"text":"\\ude00a"}'],
    ['a member twice', '{"text":"a","text":"b"}'],
    ['a member twice, spelt in two ways', '{"text":"a","any":{"ab":1,"c":2,"\\u0061b":3}}'],
    ['a member twice, far below', '{"text":"a","any":[{},{"x":[{"y":{"z":1,"z":2}}]}]}'],
    ['a prototype', '{"text":"a","any":{"__proto__":{"admin":true}}}'],
    ['a constructor with a prototype', '{"text":"a","any":{"constructor":{"prototype":{"admin":true}}}}'],
    ['a prototype, as an escape', '{"text":"a","any":{"\\u005f_proto__":{"admin":true}}}'],
    ['a string that does not end', '{"text":"a'],
    ['a name that does not end', '{"text":"a","x\\'],
    ['closed too often', '{"text":"a"}]}'],
  ])('with %s is refused', async (_name, body) => {
    expect(await sendBody(body)).toEqual(INVALID);
  });

  test.each([
    ['the same name in two objects', '{"text":"a","any":[{"x":1},{"x":2},{"x":{"x":{"x":1}}}]}'],
    ['names in strings', '{"text":"\\",\\"text\\":\\"b","any":["text","text"]}'],
    ['a whole surrogate pair', '{"text":"\\ud83d\\ude00"}'],
    ['characters of four bytes', '{"text":"😀"}'],
    ['100,000 members', `{"text":"a","any":{${members(99_998)}}}`],
    ['200 levels', `{"text":"a","any":${'['.repeat(199)}${']'.repeat(199)}}`],
  ])('with %s is taken', async (_name, body) => {
    expect(await sendBody(body)).toEqual({ status: 200 });
  });

  test('with 100,001 members or 201 levels is refused', async () => {
    expect(await sendBody(`{"text":"a","any":{${members(99_999)}}}`)).toEqual(INVALID);
    expect(await sendBody(`{"text":"a","any":${'['.repeat(200)}${']'.repeat(200)}}`)).toEqual(INVALID);
  });

  test('with 90,000 unknown members is refused in a time that does not grow with their square', async () => {
    const began = performance.now();
    expect(await api.call('POST', '/v1/api_keys', { body: `{${members(90_000)}}` })).toMatchObject({ status: 400 });
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  test.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '; nonsense',
    ',',
  ])('as %s is refused', async (type) => {
    const { status, code } = await sendBody('{"text":"a"}', type);
    expect([400, 415]).toContain(status);
    expect(code).toBe(status === 415 ? 'unsupported_media_type' : 'invalid_request');
  });

  test('may hold any text where a route keeps it as bytes, and there only', async () => {
    const any = '{"a\\u0000":["\\ud83d"]}';
    expect((await api.call('POST', '/v1/bytes', { body: `{"text":"a","any":${any}}` })).status).toBe(200);
    const beside = await api.call('POST', '/v1/bytes', { body: `{"text":"\\u0000","any":${any}}` });
    expect(beside.body.errors).toEqual([{ path: '/text', message: expect.stringContaining('NUL') }]);
  });
});

function members(count: number): string {
  return Array.from({ length: count }, (_, n) => `"${n.toString(36)}":1`).join(',');
}
