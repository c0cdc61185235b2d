import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { type Service, startService } from '../support/service.ts';

/** Well under the grace period after which the browser would be killed; what it really takes, the bench says. */
const CLOSED_MS = 1_000;

let service: Service;
let site: SmallSite;
/** Pages that are open now: each holds a connection for as long as it lives. */
let open = 0;
let changed = Promise.withResolvers<void>();
let homes = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const form = (action: string, fields: string) =>
    `<title>Sign in</title><h1>Sign in</h1><form method="post" action="${action}">${fields}<button>Sign in</button></form>
     <script>new EventSource('/alive')</script>`;
  const both =
    '<label>User <input name="username"></label><label>Password <input type="password" name="password"></label>';
  if (path === '/alive') {
    response.setHeader('content-type', 'text/event-stream');
    response.write(': here\n\n');
    open += 1;
    response.once('close', () => {
      open -= 1;
      changed.resolve();
    });
    // Left open: `end` must not be called by the site.
    response.end = () => response;
  } else if (path === '/form-that-waits') response.end(form('/never', both));
  else if (path === '/form-with-code') response.end(form('/code', both));
  else if (path === '/code')
    response.end(form('/refused', '<label>One-time code <input name="otp" maxlength="6"></label>'));
  else if (path === '/refused')
    response.end(
      form(
        '/refused',
        '<p role="alert">The code is wrong.</p><label>One-time code <input name="otp" maxlength="6"></label>',
      ),
    );
  else if (path === '/form-that-works') response.end(form('/enter', both));
  else if (path === '/enter') response.writeHead(303, { location: '/home', 'set-cookie': 'sid=1; Path=/' }).end();
  else if (path === '/home') {
    if (!request.headers.cookie?.includes('sid=1')) response.writeHead(303, { location: '/form-that-works' }).end();
    else {
      homes += 1;
      // The first is the login itself; the next one is asked for when the session is restored.
      if (homes === 1)
        response.end(`<h1>Welcome, ada</h1><a href="/logout">Log out</a><script>new EventSource('/alive')</script>`);
      else response.end = () => response;
    }
  }
}

beforeAll(async () => {
  site = await startSmallSite(answer);
  service = await startService();
});
afterAll(async () => {
  await service.close();
  await site.close();
});

const address = (path: string) => `${site.url}${path.slice(1)}`;
const start = (path: string, change: Record<string, unknown> = {}) =>
  service.call('POST', '/v1/credentials/test-login', {
    url: address(path),
    username: `ada-${Math.random()}`,
    password: 'kt-cancel-3f9a1c',
    ...change,
  });
type Started = { credential_id: string; workflow_run_id: string };
const cancel = async ({ credential_id: id, workflow_run_id: run }: Started) =>
  (await service.call('POST', `/v1/credentials/${id}/test/${run}/cancel`)).body;

async function allClosed(): Promise<void> {
  while (open > 0) {
    changed = Promise.withResolvers();
    await changed.promise;
  }
}

/** Cancels, and says how long the last page lived after it. */
async function cancelled(started: Started): Promise<number> {
  const at = performance.now();
  expect(await cancel(started)).toEqual({ status: 'canceled' });
  await allClosed();
  return performance.now() - at;
}

async function gone({ credential_id: id, workflow_run_id: run }: Started): Promise<void> {
  const db = service.runtime.services.storage.database.asSystem('sweep');
  expect(await db.credential.count({ where: { id } })).toBe(0);
  expect(await db.vaultItem.count()).toBe(0);
  const { body } = await service.call('GET', `/v1/credentials/${id}/test/${run}`);
  expect(body).toMatchObject({
    status: 'canceled',
    outcome: null,
    verdict: 'unknown',
    failure_reason: expect.stringMatching(/\.$/),
    browser_profile_id: null,
  });
  expect(await cancel({ credential_id: id, workflow_run_id: run })).toEqual({ status: 'cancel_failed' });
}

describe('cancelling closes the browser context and leaves nothing', () => {
  test('while the page is being opened', async () => {
    const { body } = await start('/never');
    await site.arrived('/never');
    expect(await cancelled(body)).toBeLessThan(CLOSED_MS);
    await gone(body);
  });

  test('after the submission, while the site thinks', async () => {
    site.requests.length = 0;
    const { body } = await start('/form-that-waits');
    await site.arrived('/never');
    expect(open).toBe(1);
    expect(await cancelled(body)).toBeLessThan(CLOSED_MS);
    await gone(body);
  });

  test('while it waits for the next one-time code', async () => {
    const login = { username: 'grace', totp: 'JBSWY3DPEHPK3PXP' };
    const first = await start('/form-with-code', login);
    expect(await service.finished(first.body)).toMatchObject({ outcome: 'wrong_code', submissions: { code: 1 } });
    // The code of this half minute was used for this account: the second run waits for the next.
    site.requests.length = 0;
    const { body } = await start('/form-with-code', login);
    const events = await fetch(`${service.url}/v1/runs/${body.workflow_run_id}/events`, {
      headers: { 'x-api-key': service.key },
    });
    let text = '';
    for await (const chunk of events.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes('event: awaiting')) break;
    }
    expect(text).toContain('"state":"started"');
    expect(await cancelled(body)).toBeLessThan(CLOSED_MS);
    await gone(body);
  });

  test('while the session is being saved: a session won and not published is discarded', async () => {
    homes = 0;
    site.requests.length = 0;
    const { body } = await start('/form-that-works');
    await expect.poll(() => homes, { timeout: 20_000 }).toBe(2);
    expect(await cancelled(body)).toBeLessThan(CLOSED_MS);
    await gone(body);
    expect((await service.call('GET', '/v1/browser_profiles')).body).toEqual([]);
  });

  test('before it has begun: nothing was opened', async () => {
    site.requests.length = 0;
    const busy = await Promise.all([start('/never'), start('/never')]);
    await expect.poll(() => site.requests.length).toBe(2);
    const { body } = await start('/form-that-works');
    expect(await cancel(body)).toEqual({ status: 'canceled' });
    await gone(body).catch(() => undefined);
    for (const one of busy) expect(await cancel(one.body)).toEqual({ status: 'canceled' });
    const { body: next } = await start('/article');
    expect(await service.finished(next)).toMatchObject({ outcome: 'not_a_login_page' });
    expect(site.requests.some((request) => request.endsWith('/form-that-works'))).toBe(false);
  });
});

test('a stored credential is untouched, and its next run starts when the context is closed', async () => {
  const { body: credential } = await service.call('POST', '/v1/credentials', {
    name: 'kept',
    credential_type: 'password',
    credential: { username: 'kept', password: 'kt-cancel-77ab21' },
  });
  const path = `/v1/credentials/${credential.credential_id}`;
  site.requests.length = 0;
  const first = await service.call('POST', `${path}/test`, { url: address('/form-that-waits') });
  await site.arrived('/never');
  const second = await service.call('POST', `${path}/test`, { url: address('/nothing') });
  expect((await service.call('GET', `${path}/test/${second.body.workflow_run_id}`)).body.status).toBe('queued');
  expect(await cancel(first.body)).toEqual({ status: 'canceled' });
  expect(await service.finished(second.body)).toMatchObject({ outcome: 'not_a_login_page' });
  expect(open).toBe(0);
  expect((await service.call('GET', path)).body).toMatchObject({ name: 'kept', credential: { username: 'kept' } });
});
