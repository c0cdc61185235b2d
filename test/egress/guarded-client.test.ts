import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { OwnPlaces } from '../../src/egress/own-places.ts';

const options = { method: 'GET', timeoutMs: 5_000, maxBytes: 1_000 } as const;
let ownPlaces: OwnPlaces;
let client: GuardedClient;
let server: Server;
let port: number;
let asked: number;

beforeEach(async () => {
  asked = 0;
  server = createServer((_request, response) => {
    asked += 1;
    response.end('hello');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
  ownPlaces = new OwnPlaces();
  client = new GuardedClient(['127.0.0.0/8', '::1/128'], ownPlaces);
});

afterEach(async () => {
  await client.close();
  await new Promise((resolve) => server.close(resolve));
});

test.each(['127.0.0.1', 'localhost'])(
  'a port of the service is not called, however it is written (%s)',
  async (host) => {
    expect(await client.call(`http://${host}:${port}/`, options)).toMatchObject({ status: 200, text: 'hello' });
    ownPlaces.addPort(port);
    await expect(client.call(`http://${host}:${port}/`, options)).rejects.toMatchObject({
      kind: 'address',
      message: expect.stringContaining('belongs to Keyturn itself'),
    });
    expect(asked).toBe(1);
  },
);

test('a vault that was called is closed to browsers and not to the service', async () => {
  await client.call(`http://localhost:${port}/`, { ...options, vault: true });
  expect(await ownPlaces.includes('127.0.0.1', port, 'browser')).toBe(true);
  expect(await client.call(`http://localhost:${port}/`, { ...options, vault: true })).toMatchObject({ status: 200 });
});

test('a vault that was not called, because its address is refused, is no place of the service', async () => {
  const outside = new GuardedClient([], ownPlaces);
  onTestFinished(() => outside.close());
  const vault = { ...options, vault: true };
  for (const host of ['localhost', '127.0.0.1']) {
    await expect(outside.call(`http://${host}:${port}/`, vault)).rejects.toMatchObject({ kind: 'address' });
  }
  expect(await ownPlaces.includes('127.0.0.1', port, 'browser')).toBe(false);
});

test('the database is not called, and a web server the service is configured with is', async () => {
  ownPlaces.addServer({ host: 'localhost', port, web: true });
  expect(await client.call(`http://127.0.0.1:${port}/`, options)).toMatchObject({ status: 200 });
  ownPlaces.addServer({ host: '127.0.0.1', port, web: false });
  await expect(client.call(`http://127.0.0.1:${port}/`, options)).rejects.toMatchObject({ kind: 'address' });
});
