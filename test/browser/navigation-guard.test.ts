import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Contexts } from '../../src/browser/contexts.ts';
import type { DeniedNavigation } from '../../src/browser/navigation-guard.ts';
import { WarmBrowser } from '../../src/browser/warm-browser.ts';
import { type SmallSite, startSmallSite } from './small-site.ts';

const ALLOWED = ['127.0.0.1/32', '::1/128'];
let site: SmallSite;
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
  warm = new WarmBrowser({ executable: inject('chromium'), artifactsDir: '/nonexistent' });
  contexts = new Contexts(warm);
});

afterAll(async () => {
  await contexts.close();
  await warm.close();
  await site.close();
});

async function open(path: string, request = {}) {
  const denied: DeniedNavigation[] = [];
  const onDenied = (navigation: DeniedNavigation) => denied.push(navigation);
  const { context, page } = await contexts.open(request, {}, { allowNetworks: ALLOWED, onDenied });
  const failure = await page.goto(path.includes(':') ? path : `http://127.0.0.1:${site.port}${path}`).then(
    (response) => response?.status() ?? null,
    (error: Error) => error.message.split('\n')[0],
  );
  return { context, page, denied, failure };
}

test.each(['/away', '/hop'])('a redirect to a private address (%s) is refused before it is sent', async (path) => {
  const { context, denied, failure } = await open(path);
  expect(failure).toContain('ERR_BLOCKED_BY_CLIENT');
  expect(denied).toEqual([{ url: `http://127.0.0.2:${site.port}/secret`, address: '127.0.0.2', reason: 'address' }]);
  expect(site.requests.join()).not.toContain('127.0.0.2');
  await context.close();
});

test('the page itself is refused by its address', async () => {
  const { context, denied, failure } = await open(`http://127.0.0.3:${site.port}/`);
  expect(failure).toContain('ERR_BLOCKED_BY_CLIENT');
  expect(denied).toMatchObject([{ address: '127.0.0.3' }]);
  expect(site.requests.join()).not.toContain('127.0.0.3');
  await context.close();
});

test.each(['file:///etc/passwd', 'view-source:file:///etc/passwd'])('%s does not open', async (url) => {
  const { context, page, denied } = await open(url);
  expect(denied).toEqual([{ url: 'file:///etc/passwd', address: null, reason: 'scheme' }]);
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
  const { context, denied } = await open('/userinfo');
  expect(denied).toEqual([{ url: `http://127.0.0.1:${site.port}/landed`, address: null, reason: 'userinfo' }]);
  await context.close();
});

test.each([
  ['/script', 'moved'],
  ['/form', 'taken'],
])('a page cannot take us away by %s', async (path, target) => {
  const { context, page, denied } = await open(path);
  if (path === '/form') await page.click('button');
  await expect.poll(() => denied.map(({ url }) => url)).toEqual([`http://127.0.0.2:${site.port}/${target}`]);
  expect(site.requests.join()).not.toContain(target);
  await context.close();
});

test('it stays when a page moves to another site, which has another process', async () => {
  const { context, page, denied } = await open('/');
  await page.goto(`http://localhost:${site.port}/other-site`).catch(() => undefined);
  expect(denied.splice(0)).toMatchObject([]);
  await expect(page.goto(`http://localhost:${site.port}/away`)).rejects.toThrow('ERR_BLOCKED_BY_CLIENT');
  expect(denied).toMatchObject([{ address: '127.0.0.2' }]);
  expect(site.requests.join()).not.toContain('/secret');
  await context.close();
});

test('a frame is refused without a word', async () => {
  const { context, page, denied, failure } = await open('/frame');
  expect(failure).toBe(200);
  await expect.poll(() => page.frames().length).toBe(2);
  expect(site.requests.join()).not.toContain('inside');
  expect(denied).toEqual([]);
  await context.close();
});

test('a pop-up at a private address is reported and closed', async () => {
  const { context, denied } = await open('/popup');
  await expect.poll(() => denied.map(({ address }) => address)).toEqual(['127.0.0.2']);
  await expect.poll(() => context.pages().length).toBe(1);
  await context.close();
});

test('a name that does not resolve is the browser’s to report', async () => {
  const { context, denied, failure } = await open('http://no-such-host.invalid/');
  expect(failure).toContain('ERR_NAME_NOT_RESOLVED');
  expect(denied).toEqual([]);
  await context.close();
});

test('HTTP authentication works beside it', async () => {
  const origin = `http://127.0.0.1:${site.port}`;
  const { context, failure } = await open('/basic', { http_credentials: { username: 'a', password: 'b', origin } });
  expect(failure).toBe(200);
  await context.close();
});

test('other requests are not held, and the cache works', async () => {
  const { context, page } = await open('/');
  await page.evaluate(() => fetch('/fetched').then((answer) => answer.text()));
  expect(site.requests.join()).toContain('/fetched');
  await context.close();
});

test('dialogs are never confirmed, and a loop of them does not hold the run', async () => {
  const asked = await open('/ask');
  expect(await asked.page.title()).toBe('falsenull');
  await asked.context.close();
  const { context, page } = await contexts.open({}, {}, { allowNetworks: ALLOWED, onDenied: () => undefined });
  void page.goto(`http://127.0.0.1:${site.port}/alerts`).catch(() => undefined);
  await site.arrived('/alerts');
  await context.close();
});

test('downloads are refused', async () => {
  const { context, failure } = await open('/download');
  expect(failure).toMatch(/Download is starting|ERR_ABORTED/);
  await context.close();
});
