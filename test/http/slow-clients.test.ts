import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import type { ConnectionBounds } from '../../src/http/connection-bounds.ts';
import { type Api, startApi } from './api-fixture.ts';

const BOUNDS: ConnectionBounds = { connections: 400, headersMs: 1_500, requestMs: 3_000, silentMs: 4_000, lookMs: 250 };

let api: Api;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await api.close();
});

/** A connection of which only what it is asked to do is done. What it hears is counted. */
async function open(first = ''): Promise<{ socket: Socket; closed: Promise<unknown>; heard: () => string }> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket.setEncoding('latin1').on('data', (text) => (heard += text));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  if (first !== '') socket.write(first);
  return { socket, closed, heard: () => heard };
}

/** Milliseconds of a call by somebody else. */
async function callTook(): Promise<number> {
  const since = performance.now();
  const { status } = await api.call('GET', '/v1/api_keys');
  expect(status).toBe(200);
  return performance.now() - since;
}

test('300 connections that send next to nothing are let go, and others are served meanwhile', async () => {
  api = await startApi({ bounds: BOUNDS });
  const since = performance.now();
  const slow = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      open(
        ['', 'GET /health/live HTTP/1.1\r\nhost: x\r\n', 'POST /v1/api_keys HTTP/1.1\r\nhost: x\r\nx-slow: '][n % 3],
      ),
    ),
  );
  // Slowloris: one more byte of a header now and then, so that the connection is never silent.
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('a');
  }, 100);
  expect(await callTook()).toBeLessThan(BOUNDS.headersMs);
  await Promise.all(slow.map(({ closed }) => closed));
  clearInterval(drip);
  expect(performance.now() - since).toBeGreaterThan(BOUNDS.headersMs - BOUNDS.lookMs);
  expect(slow[1]?.heard()).toContain('The request took too long to arrive.');
  await callTook();
});

test('a body that does not end is not waited for', async () => {
  api = await startApi({ bounds: BOUNDS });
  const head = `POST /v1/api_keys HTTP/1.1\r\nhost: x\r\nx-api-key: ${api.key}\r\ncontent-type: application/json\r\n`;
  const { socket, closed, heard } = await open(`${head}content-length: 1000\r\n\r\n{"name":"`);
  const drip = setInterval(() => socket.writable && socket.write('a'), 50);
  await closed;
  clearInterval(drip);
  expect(heard()).toMatch(/^HTTP\/1\.1 408 .*The request took too long to arrive\./s);
  await callTook();
});

test('a reader that takes nothing is let go, and what it does not take is not piled up', async () => {
  let made = 0;
  const piece = 'x'.repeat(64 * 1024);
  const endless = async function* () {
    for (;;) {
      made += piece.length;
      yield piece;
    }
  };
  api = await startApi({
    bounds: BOUNDS,
    routes: () => [
      async (app) => {
        app.get('/endless', { config: { scope: 'runs:read' } }, (_request, reply) =>
          reply.type('text/plain').send(Readable.from(endless())),
        );
      },
    ],
  });
  const { socket, closed } = await open();
  socket.pause();
  socket.write(`GET /v1/endless HTTP/1.1\r\nhost: x\r\nx-api-key: ${api.key}\r\n\r\n`);
  await expect.poll(() => made).toBeGreaterThan(0);
  await callTook();
  await expect.poll(async () => await connections(api)).toBeLessThanOrEqual(1);
  expect(made).toBeLessThan(50 * 1024 * 1024);
  socket.resume();
  await closed;
});

test('connections beyond the bound are dropped, and nobody else is', async () => {
  api = await startApi({ bounds: { ...BOUNDS, connections: 10 } });
  await callTook();
  const many = await Promise.all(Array.from({ length: 40 }, () => open()));
  await expect.poll(() => many.filter(({ socket }) => socket.closed).length).toBeGreaterThanOrEqual(30);
  expect(await connections(api)).toBeLessThanOrEqual(10);
  await Promise.all(many.map(({ closed }) => closed));
  await callTook();
});

function connections({ app }: Api): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
