import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newPass } from '../../src/egress/egress-access.ts';
import { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { OwnPlaces } from '../../src/egress/own-places.ts';
import { freePort } from '../support/free-port.ts';
import { admitGuest, ask, type Guest, headerOf, talk, tunnel } from './proxy-client.ts';

/** Never resolves. */
const SLOW = 'slow.test';
/** Names whose look-up hangs until the test ends it. */
const TARPIT = /\.tarpit\.test$/;
const ALLOWED = ['127.0.0.2/32'];
/** Names of the test's own; asking for one again gives its next answer. */
let names: Map<string, string[][]>;
let asked: string[];
let hanging: (() => void)[];
let ownPlaces: OwnPlaces;
let proxy: EgressProxy;
let guest: Guest;
let authorization: string;
let denied: string[];
let port: number;
let arrived: IncomingMessage[];
let sockets: Set<Socket>;
let closeSite: () => Promise<void>;

const lookup = async (name: string): Promise<string[]> => {
  asked.push(name);
  if (name === SLOW) return new Promise(() => undefined);
  if (TARPIT.test(name)) {
    return new Promise((_resolve, reject) => hanging.push(() => reject(new Error('no answer'))));
  }
  const answers = names.get(name);
  const answer = answers && answers.length > 1 ? answers.shift() : answers?.[0];
  if (!answer) throw new Error('no such name');
  return answer;
};

/** Listens on every loopback address, so that only the proxy keeps anyone from any of them. */
async function startSite(): Promise<void> {
  const server = createServer((request, response) => {
    arrived.push(request);
    if (request.url === '/407') response.writeHead(407, { 'proxy-authenticate': 'Basic realm="site"' });
    if (request.url === '/drop') return void request.socket.destroy();
    if (request.url === '/odd')
      response.writeHead(200, { 'keep-alive': 'timeout=1', connection: 'x-one', 'x-one': '1' });
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      return void setImmediate(() => request.socket.destroy());
    }
    response.end(`hello ${request.url}`);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(server.listen(0, '0.0.0.0'), 'listening');
  port = (server.address() as AddressInfo).port;
  closeSite = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

beforeEach(async () => {
  names = new Map();
  asked = [];
  hanging = [];
  arrived = [];
  denied = [];
  sockets = new Set();
  await startSite();
  ownPlaces = new OwnPlaces(lookup);
  proxy = await EgressProxy.start({
    allowNetworks: ALLOWED,
    ownPlaces,
    lookup,
    connectMs: 400,
    headersMs: 400,
    onDenied: ({ kind, host }) => denied.push(`${kind} ${host}`),
  });
  guest = admitGuest(proxy);
  authorization = headerOf(guest.pass);
});

afterEach(async () => {
  await proxy.close();
  await closeSite();
});

const url = (host: string, path = '/') => `http://${host}:${port}${path}`;

describe('who is let in', () => {
  test.each(['', 'Basic', 'Basic !!!', 'Bearer abc', headerOf({ username: 'a', password: 'b' })])(
    'not who shows %j',
    async (shown) => {
      const said = await ask(proxy, url('127.0.0.2'), { authorization: shown });
      expect(said).toMatchObject({ status: 407, headers: { connection: 'close' } });
      expect(await tunnel(proxy, `127.0.0.2:${port}`, shown).closed).toMatch(/^HTTP\/1.1 407 /);
      expect(arrived).toEqual([]);
    },
  );

  test('a pass of another proxy is none', async () => {
    const other = await EgressProxy.start({ allowNetworks: [], ownPlaces: new OwnPlaces() });
    const said = await ask(proxy, url('127.0.0.2'), { authorization: headerOf(newPass(other.access)) });
    expect(said?.status).toBe(407);
    await other.close();
  });

  test('a context whose announcement comes after its first request', async () => {
    const pass = newPass(proxy.access);
    const said = ask(proxy, url('127.0.0.2'), { authorization: headerOf(pass) });
    await expect.poll(() => proxy.connections).toBe(1);
    proxy.admit(pass.username, () => undefined);
    expect(await said).toMatchObject({ status: 200, body: 'hello /' });
  });

  test('nobody any more whose context is closed, and what it had open ends', async () => {
    const open = tunnel(proxy, `127.0.0.2:${port}`, authorization);
    await expect.poll(open.said).toContain('200 Connection Established');
    proxy.release(guest.pass.username);
    await open.closed;
    await expect.poll(() => sockets.size).toBe(0);
    const late = ask(proxy, url('127.0.0.2'), { authorization });
    await expect.poll(() => proxy.connections).toBe(1);
    await proxy.close();
    expect(await late).not.toMatchObject({ status: 200 });
    expect(arrived).toEqual([]);
  });
});

describe('a name', () => {
  test('is looked up once, and what was judged is dialled', async () => {
    names.set('pinned.test', [['127.0.0.2'], ['127.0.0.1']]);
    expect(await ask(proxy, url('pinned.test', '/a'), { authorization })).toMatchObject({ body: 'hello /a' });
    expect(asked).toEqual(['pinned.test']);
    expect(arrived[0]?.headers.host).toBe(`pinned.test:${port}`);
    expect([...sockets].map(({ localAddress }) => localAddress)).toEqual(['127.0.0.2']);
  });

  test('that leads elsewhere the next time is judged anew', async () => {
    names.set('rebinding.test', [['127.0.0.2'], ['127.0.0.1']]);
    expect(await ask(proxy, url('rebinding.test'), { authorization })).toMatchObject({ status: 200 });
    expect(await ask(proxy, url('rebinding.test'), { authorization })).toBeNull();
    expect(guest.troubles).toEqual([{ host: 'rebinding.test', port, kind: 'address', address: '127.0.0.1' }]);
    expect(arrived).toHaveLength(1);
  });

  test('with one address that is not allowed among others leads nowhere', async () => {
    names.set('mixed.test', [['127.0.0.2', '10.0.0.1']]);
    expect(await tunnel(proxy, `mixed.test:${port}`, authorization).closed).toBe('');
    expect(guest.troubles).toMatchObject([{ kind: 'address', address: '10.0.0.1' }]);
  });

  test('for loopback is loopback, whatever a resolver says', async () => {
    expect(await ask(proxy, url('any.localhost'), { authorization })).toBeNull();
    expect(guest.troubles).toMatchObject([{ kind: 'address', address: '127.0.0.1' }]);
  });
});

describe('names whose look-up hangs', () => {
  const tarpits = (whose: string) =>
    Array.from({ length: 12 }, (_, index) => tunnel(proxy, `r${index}.${whose}.tarpit.test:${port}`, authorization));

  test('take a few look-ups of the context that asks, and none of another', async () => {
    const stuck = tarpits('one');
    await expect.poll(() => proxy.connections).toBe(12);
    names.set('site.test', [['127.0.0.2']]);
    const other = admitGuest(proxy);
    const said = await ask(proxy, url('site.test'), { authorization: headerOf(other.pass) });
    expect(said).toMatchObject({ status: 200 });
    expect(hanging.length).toBe(3);
    // Those that wait are given up with their connections, and count as slow.
    await Promise.all(stuck.map(({ closed }) => closed));
    expect(guest.troubles.map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => 'slow'));
    for (const end of hanging) end();
    expect(hanging.length).toBe(3);
  });

  test('of all contexts together leave some for the rest of the service', async () => {
    for (let index = 0; index < 15; index += 1) {
      authorization = headerOf(admitGuest(proxy).pass);
      tarpits(`g${index}`);
    }
    await expect.poll(() => hanging.length).toBe(32);
  });

  test('are looked up no more once the context is closed', async () => {
    const stuck = tarpits('gone');
    await expect.poll(() => proxy.connections).toBe(12);
    await expect.poll(() => hanging.length).toBe(3);
    proxy.release(guest.pass.username);
    for (const end of hanging) end();
    await Promise.all(stuck.map(({ closed }) => closed));
    await expect.poll(() => proxy.connections).toBe(0);
    expect(hanging.length).toBe(3);
    expect(guest.troubles).toEqual([]);
  });
});

describe('where nobody gets', () => {
  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '169.254.169.254', '10.1.2.3', '[fd00::1]'])(
    '%s: no word comes back, and the run is told',
    async (host) => {
      expect(await ask(proxy, url(host), { authorization })).toBeNull();
      expect(await tunnel(proxy, `${host}:${port}`, authorization).closed).toBe('');
      expect(guest.troubles.map(({ kind }) => kind)).toEqual(['address', 'address']);
      expect(denied).toHaveLength(2);
      expect(arrived).toEqual([]);
      expect(sockets.size).toBe(0);
    },
  );

  test('a port of the service, at any address of the machine', async () => {
    ownPlaces.addPort(port);
    expect(await ask(proxy, url('127.0.0.2'), { authorization })).toBeNull();
    expect(guest.troubles).toMatchObject([{ kind: 'own', address: '127.0.0.2' }]);
    ownPlaces.removePort(port);
    expect(await ask(proxy, url('127.0.0.2'), { authorization })).toMatchObject({ status: 200 });
  });

  test('a server the service uses, by whatever name', async () => {
    names.set('database.test', [['127.0.0.2']]);
    names.set('alias.test', [['127.0.0.2']]);
    ownPlaces.addServer({ host: 'database.test', port, web: false });
    expect(await tunnel(proxy, `alias.test:${port}`, authorization).closed).toBe('');
    expect(guest.troubles).toMatchObject([{ kind: 'own', host: 'alias.test', address: '127.0.0.2' }]);
  });

  test('what cannot be judged in time, because the name of a server of the service hangs', async () => {
    ownPlaces.addServer({ host: SLOW, port, web: false });
    expect(await ask(proxy, url('127.0.0.2'), { authorization })).toBeNull();
    expect(guest.troubles).toMatchObject([{ kind: 'slow', address: null }]);
    expect(arrived).toEqual([]);
  });

  test('an unknown name, a closed port and a name that takes too long are told apart', async () => {
    expect(await ask(proxy, url('unknown.test'), { authorization })).toBeNull();
    expect(await ask(proxy, `http://127.0.0.2:${await freePort()}/`, { authorization })).toBeNull();
    expect(await ask(proxy, url(SLOW), { authorization })).toBeNull();
    expect(guest.troubles.map(({ kind }) => kind)).toEqual(['dns', 'refused', 'slow']);
    expect(denied).toEqual([]);
  });
});

describe('a request', () => {
  test('goes on without what is between the browser and the proxy', async () => {
    const said = await ask(proxy, url('127.0.0.2', '/odd'), { authorization, method: 'POST', body: 'x=1' });
    expect(said?.headers).not.toHaveProperty('x-one');
    expect(Object.keys(arrived[0]?.headers ?? {})).not.toContain('proxy-authorization');
    expect(arrived[0]?.rawHeaders.join()).not.toContain(guest.pass.password);
  });

  test('of a browser that keeps its connection finds the site’s kept as well', async () => {
    const head = (path: string) =>
      `GET ${url('127.0.0.2', path)} HTTP/1.1\r\nHost: 127.0.0.2:${port}\r\nProxy-Authorization: ${authorization}\r\n\r\n`;
    const kept = talk(proxy, head('/1'));
    await expect.poll(kept.said).toContain('hello /1');
    kept.socket.write(head('/2'));
    await expect.poll(kept.said).toContain('hello /2');
    expect(new Set(arrived.map(({ socket }) => socket)).size).toBe(1);
    // The site hangs up: so does the proxy, and the browser decides what that means.
    for (const socket of sockets) socket.destroy();
    await kept.closed;
  });

  test('that the site drops is sent once, and nothing is answered in its place', async () => {
    expect(await ask(proxy, url('127.0.0.2', '/drop'), { authorization, method: 'POST', body: 'x' })).toBeNull();
    expect(arrived).toHaveLength(1);
    await expect(ask(proxy, url('127.0.0.2', '/half'), { authorization })).rejects.toThrow('aborted');
  });

  test('that a site answers like a proxy comes to nothing', async () => {
    expect(await ask(proxy, url('127.0.0.2', '/407'), { authorization })).toBeNull();
    expect(arrived).toHaveLength(1);
  });

  test.each([
    'GARBAGE\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01',
    'CONNECT / HTTP/1.1\r\n\r\n',
    `GET http://127.0.0.2/ HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
  ])('that is none (%#) ends the connection', async (bytes) => {
    expect(await talk(proxy, bytes).closed).not.toContain('200');
    await expect.poll(() => proxy.connections).toBe(0);
  });

  test.each([
    (pass: string) => `CONNECT 127.0.0.2 HTTP/1.1\r\nProxy-Authorization: ${pass}\r\n\r\n`,
    (pass: string) => `CONNECT 127.0.0.2:99999 HTTP/1.1\r\nProxy-Authorization: ${pass}\r\n\r\n`,
    (pass: string) => `CONNECT 127.0.0.2:${port}/x HTTP/1.1\r\nProxy-Authorization: ${pass}\r\n\r\n`,
    (pass: string) => `GET /x HTTP/1.1\r\nHost: 127.0.0.2:${port}\r\nProxy-Authorization: ${pass}\r\n\r\n`,
    (pass: string) => `GET https://127.0.0.2:${port}/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: ${pass}\r\n\r\n`,
    (pass: string) =>
      `GET http://127.0.0.2:${port}/ HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nProxy-Authorization: ${pass}\r\n\r\n`,
  ])('with a pass, for no place the proxy serves (%#), ends the connection', async (bytes) => {
    expect(await talk(proxy, bytes(authorization)).closed).toBe('');
    expect(arrived).toEqual([]);
  });

  test('that never becomes whole is not waited for', async () => {
    await talk(proxy, 'GET http://127.0.0.2/ HTTP/1.1\r\nX: ').closed;
    await expect.poll(() => proxy.connections).toBe(0);
  });
});

test('closing leaves nothing open', async () => {
  const open = [1, 2, 3].map(() => tunnel(proxy, `127.0.0.2:${port}`, authorization));
  for (const { said } of open) await expect.poll(said).toContain('200 Connection Established');
  const waiting = talk(proxy, 'GET http://');
  await expect.poll(() => proxy.connections).toBe(7);
  await proxy.close();
  await Promise.all([...open, waiting].map(({ closed }) => closed));
  await expect.poll(() => sockets.size).toBe(0);
  expect(proxy.connections).toBe(0);
});
