import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Contexts } from '../../src/browser/contexts.ts';
import { RunContexts } from '../../src/browser/run-contexts.ts';
import { WarmBrowser } from '../../src/browser/warm-browser.ts';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { startEgress } from '../support/egress.ts';
import { freePort } from '../support/free-port.ts';
import { type SmallSite, startSmallSite } from './small-site.ts';

const ALLOWED = ['127.0.0.1/32', '::1/128'];
let site: SmallSite;
let egress: EgressProxy;
let warm: WarmBrowser;
let contexts: Contexts;

beforeAll(async () => {
  site = await startSmallSite((request, response, { port }) => {
    const foreign = `http://127.0.0.2:${port}`;
    const pages: Record<string, string> = {
      '/frame': `<iframe src="${foreign}/inside"></iframe>`,
      '/popup': `<script>window.open('${foreign}/popped')</script>`,
      '/form': `<form action="${foreign}/taken" method="post"><input name="a" value="b"><button>Go</button></form>`,
      '/script': `<script>location = '${foreign}/moved'</script>`,
      '/chooser': `<input type="file" onchange="document.title = 'chosen'" oncancel="document.title = 'cancelled ' + this.files.length">`,
      '/alerts': '<script>for (;;) alert(1)</script>',
      '/ask': '<script>document.title = String(confirm("sure?")) + String(prompt("name?"))</script>',
    };
    if (request.url === '/away') response.writeHead(302, { location: `${foreign}/secret` });
    if (request.url === '/hop') response.writeHead(307, { location: '/away' });
    if (request.url === '/to-file') response.writeHead(302, { location: 'file:///etc/passwd' });
    if (request.url === '/userinfo') response.writeHead(302, { location: `http://a:b@127.0.0.1:${port}/landed` });
    if (request.url === '/download') response.setHeader('content-disposition', 'attachment; filename=a.bin');
    if (request.url === '/basic' && !request.headers.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' });
    }
    response.end(pages[request.url ?? '']);
  });
  egress = await startEgress(ALLOWED);
  warm = new WarmBrowser({ executable: inject('chromium'), artifactsDir: '/nonexistent' }, egress.access);
  contexts = new Contexts(warm);
});

afterAll(async () => {
  await contexts.close();
  await warm.close();
  await egress.close();
  await site.close();
});

/** A run of its own that opens an address. */
async function open(path: string, request = {}) {
  const run: RunContexts = new RunContexts(
    contexts,
    {},
    ({ pass }) => egress.admit(pass, (trouble) => run.unreached.noteTrouble(trouble)),
    { kind: 'off', folder: '/nonexistent' },
  );
  const { context, page } = await run.open(request);
  const failure = await page.goto(path.includes(':') ? path : `http://127.0.0.1:${site.port}${path}`).then(
    (response) => response?.status() ?? null,
    (error: Error) => error.message.split('\n')[0],
  );
  return { context, page, run, failure };
}

test.each(['/away', '/hop'])('a redirect to a private address (%s) is refused before it is sent', async (path) => {
  const { context, run, failure } = await open(path);
  expect(failure).toContain('ERR_EMPTY_RESPONSE');
  await expect
    .poll(() => run.denied)
    .toEqual({ url: `http://127.0.0.2:${site.port}/secret`, address: '127.0.0.2', reason: 'address' });
  expect(site.requests.join()).not.toContain('127.0.0.2');
  await context.close();
});

test('the page itself is refused by its address', async () => {
  const { context, run, failure } = await open(`http://127.0.0.3:${site.port}/`);
  expect(failure).toContain('ERR_EMPTY_RESPONSE');
  await expect.poll(() => run.denied).toMatchObject({ address: '127.0.0.3', reason: 'address' });
  expect(site.requests.join()).not.toContain('127.0.0.3');
  await context.close();
});

test('the proxy itself is nowhere a page may go', async () => {
  const { context, run } = await open(egress.access.server);
  await expect.poll(() => run.denied).toMatchObject({ address: '127.0.0.1', reason: 'own' });
  await context.close();
});

test.each(['file:///etc/passwd', 'view-source:file:///etc/passwd'])('%s does not open', async (url) => {
  const { context, page, run } = await open(url);
  expect(run.denied).toEqual({ url: 'file:///etc/passwd', address: null, reason: 'scheme' });
  await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
  expect(await page.content()).not.toContain('root:');
  await context.close();
});

test('a redirect cannot lead to a file', async () => {
  const { context, page, failure } = await open('/to-file');
  expect(failure).toContain('ERR_');
  await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
  expect(await page.content()).not.toContain('root:');
  await context.close();
});

test('a redirect with userinfo is refused, and not repeated with its password', async () => {
  const { context, run } = await open('/userinfo');
  expect(run.denied).toEqual({ url: `http://127.0.0.1:${site.port}/landed`, address: null, reason: 'userinfo' });
  expect(site.requests.join()).not.toContain('/landed');
  await context.close();
});

test.each([
  ['/script', 'moved'],
  ['/form', 'taken'],
])('a page cannot take us away by %s', async (path, target) => {
  const { context, page, run } = await open(path);
  if (path === '/form') await page.click('button', { noWaitAfter: true });
  await expect.poll(() => run.denied?.url).toBe(`http://127.0.0.2:${site.port}/${target}`);
  expect(site.requests.join()).not.toContain(target);
  await context.close();
});

test('it stays when a page moves to another site, which has another process', async () => {
  const { context, page, run } = await open('/');
  await page.goto(`http://localhost:${site.port}/other-site`);
  expect(run.denied).toBeNull();
  await expect(page.goto(`http://localhost:${site.port}/away`)).rejects.toThrow('ERR_EMPTY_RESPONSE');
  await expect.poll(() => run.denied).toMatchObject({ address: '127.0.0.2' });
  expect(site.requests.join()).not.toContain('/secret');
  await context.close();
});

test('a frame is refused without a word', async () => {
  const { context, page, run, failure } = await open('/frame');
  expect(failure).toBe(200);
  await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  expect(site.requests.join()).not.toContain('inside');
  expect(run.denied).toBeNull();
  await context.close();
});

test('a pop-up is judged like a page', async () => {
  const { context, run } = await open('/popup');
  await expect.poll(() => run.denied).toMatchObject({ address: '127.0.0.2', reason: 'address' });
  expect(site.requests.join()).not.toContain('popped');
  await context.close();
});

test('why a page was not reached is known although the browser cannot tell', async () => {
  const unknown = await open('http://no-such-host.invalid/');
  await expect.poll(() => unknown.run.unreached.last).toMatchObject({ kind: 'dns', host: 'no-such-host.invalid' });
  expect(unknown.run.denied).toBeNull();
  await unknown.context.close();
  const closed = await open(`https://127.0.0.1:${await freePort()}/`);
  await expect.poll(() => closed.run.unreached.last).toMatchObject({ kind: 'refused', address: '127.0.0.1' });
  await closed.context.close();
});

test('HTTP authentication works beside it', async () => {
  const origin = `http://127.0.0.1:${site.port}`;
  const { context, failure } = await open('/basic', { http_credentials: { username: 'a', password: 'b', origin } });
  expect(failure).toBe(200);
  await context.close();
});

test('other requests are not held', async () => {
  const { context, page } = await open('/');
  await page.evaluate(() => fetch('/fetched').then((answer) => answer.text()));
  expect(site.requests.join()).toContain('/fetched');
  await context.close();
});

test('dialogs are never confirmed, and a loop of them does not hold the run', async () => {
  const asked = await open('/ask');
  expect(await asked.page.title()).toBe('falsenull');
  await asked.context.close();
  const { context, page } = await open('/');
  void page.goto(`http://127.0.0.1:${site.port}/alerts`).catch(() => undefined);
  await site.arrived('/alerts');
  await context.close();
});

test('downloads are refused', async () => {
  const { context, failure } = await open('/download');
  expect(failure).toMatch(/Download is starting|ERR_ABORTED/);
  await context.close();
});

test('nothing is registered, permitted or chosen for a site', async () => {
  const { context, page } = await open('/');
  await page.goto(`http://localhost:${site.port}/`);
  const answers = await page.evaluate(async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'];
    const states = names.map((name) => navigator.permissions.query({ name: name as PermissionName }));
    const place = new Promise<string>((resolve) => {
      navigator.geolocation.getCurrentPosition(
        () => resolve('a place'),
        ({ code }) => resolve(`refused ${code}`),
      );
    });
    // It never comes about, and is not refused either.
    void navigator.serviceWorker.register('/worker.js').catch(() => undefined);
    return {
      states: (await Promise.all(states)).map(({ state }) => state),
      camera: await navigator.mediaDevices?.getUserMedia({ video: true }).catch((error: Error) => error.name),
      place: await place,
      registered: (await navigator.serviceWorker.getRegistrations()).length,
    };
  });
  expect(answers.states).not.toContain('granted');
  expect(answers.place).toBe('refused 1');
  expect(answers.camera).not.toMatchObject({ active: true });
  expect(answers.registered).toBe(0);
  expect(site.requests.join()).not.toContain('/worker.js');
  await context.close();
});

test('a file chooser is cancelled', async () => {
  const { context, page } = await open('/chooser');
  await page.click('input');
  await expect.poll(() => page.title()).toBe('cancelled 0');
  await context.close();
});
