import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Service, startService } from '../support/service.ts';

/** What a run is told of the way out, and how it ends. */
const PASSWORD = 'one of nadia 8 passwords';
let service: Service;
let site: { url: string; port: number; bodies: string[]; close(): Promise<void> };

/** On every loopback address; its forms post to the address in the page's own query. */
async function startForms(): Promise<typeof site> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://site');
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'POST') bodies.push(`${request.headers.host} ${body}`);
    if (pathname === '/hang-up') return void request.socket.destroy();
    if (pathname === '/answers-407') {
      return void response.writeHead(407, { 'proxy-authenticate': 'Basic realm="site"' }).end('who are you?');
    }
    const action = `action="${searchParams.get('to')}"`;
    const script = `<script>document.forms[0].onsubmit = (event) => {
      event.preventDefault();
      void fetch('${searchParams.get('to')}', { method: 'POST', mode: 'no-cors', body: new URLSearchParams(new FormData(event.target)) });
    }</script>`;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<title>Sign in</title><form method="post" ${action}><input name="username" autocomplete="username">
      <input type="password" name="password"><button>Log in</button></form>${pathname === '/by-fetch' ? script : ''}`);
  });
  await once(server.listen(0, '0.0.0.0'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    bodies,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

beforeAll(async () => {
  site = await startForms();
  service = await startService({ KEYTURN_ALLOW_NETWORKS: '127.0.0.1/32' });
});

afterAll(async () => {
  await service.close();
  await site.close();
});

async function logIn(url: string) {
  const body = { url, username: 'nadia', password: PASSWORD };
  const started = await service.call('POST', '/v1/credentials/test-login', body);
  expect(started.status, started.text).toBe(200);
  return service.finished(started.body);
}

describe('a page that is not reached', () => {
  test.each([
    ['dns', () => 'http://no-such-host.invalid/'],
    ['dns', () => 'https://no-such-host.invalid/'],
    ['refused', async () => `http://127.0.0.1:${await freePort()}/`],
    ['refused', async () => `https://127.0.0.1:${await freePort()}/`],
    ['tls', () => site.url.replace('http:', 'https:')],
    ['http', () => `${site.url}/hang-up`],
    ['http', () => `${site.url}/answers-407`],
  ])('says %s (%#)', async (kind, url) => {
    expect(await logIn(await url())).toMatchObject({
      outcome: 'unreachable',
      outcome_details: { kind },
      submissions: { password: 0 },
    });
  });
});

test('the service’s own port is nowhere to log in, although its network is allowed', async () => {
  const result = await logIn(`${service.url}/login`);
  expect(result).toMatchObject({
    outcome: 'egress_denied',
    outcome_details: { address: '127.0.0.1', reason: 'own', target: service.url },
  });
  expect(result.failure_reason).toContain('a port of Keyturn');
  expect(service.log()).not.toContain('GET /login');
});

describe('a credential for an address that is not allowed', () => {
  test.each(['/by-form', '/by-fetch'])('does not leave (%s), and the run names the address', async (path) => {
    const foreign = `http://127.0.0.2:${site.port}`;
    const stored = await service.call('POST', '/v1/credentials', {
      name: `Two places ${path}`,
      credential_type: 'password',
      credential: { username: `nadia${path}`, password: PASSWORD, allowed_origins: [site.url, foreign] },
    });
    const started = await service.call('POST', `/v1/credentials/${stored.body.credential_id}/test`, {
      url: `${site.url}${path}?to=${foreign}/session`,
    });
    expect(started.status, started.text).toBe(200);
    expect(await service.finished(started.body)).toMatchObject({
      outcome: 'egress_denied',
      outcome_details: { address: '127.0.0.2', reason: 'address', target: foreign },
    });
    expect(site.bodies).toEqual([]);
  });
});

test('names that hang hold two look-ups of an organization, and tests of them are accepted', async () => {
  const hanging: string[] = [];
  const lookup = (host: string) => {
    hanging.push(host);
    return new Promise<string[]>(() => undefined);
  };
  const other = await startService({}, { lookup });
  onTestFinished(() => other.close());
  const start = (url: string) =>
    other.call('POST', '/v1/credentials/test-login', { url, username: 'nadia', password: PASSWORD });
  let answered = 0;
  const asked = Array.from({ length: 5 }, async (_, index) => {
    const answer = await start(`http://r${index}.tarpit.test/`);
    answered += 1;
    return answer;
  });
  await expect.poll(() => hanging.length).toBe(2);
  // Its address needs no look-up: what is asked for meanwhile is answered.
  expect((await start(site.url)).status).toBe(200);
  expect([hanging.length, answered]).toEqual([2, 0]);
  for (const { status, text } of await Promise.all(asked)) expect(status, text).toBe(200);
}, 60_000);
