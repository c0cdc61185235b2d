import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { captureSession } from '../../src/browser/capture-session.ts';
import { Contexts } from '../../src/browser/contexts.ts';
import { WarmBrowser } from '../../src/browser/warm-browser.ts';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import type { SessionState } from '../../src/login/outcome.ts';
import { startEgress } from '../support/egress.ts';
import { type SmallSite, startSmallSite } from './small-site.ts';

const policy = { onDenied: () => undefined, onLost: () => undefined };
const headers: Record<string, unknown>[] = [];
let site: SmallSite;
let egress: EgressProxy;
let warm: WarmBrowser;
let contexts: Contexts;

beforeAll(async () => {
  site = await startSmallSite((request, response, { port }) => {
    headers.push(request.headers);
    if (request.url === '/set') response.setHeader('set-cookie', 'sid=abc; HttpOnly; Path=/; SameSite=Lax');
    if (request.url === '/with-frame') response.end(`<iframe src="http://localhost:${port}/inner"></iframe>`);
  });
  egress = await startEgress(['127.0.0.0/8']);
  warm = new WarmBrowser({ executable: inject('chromium'), artifactsDir: '/nonexistent' }, egress.access);
  contexts = new Contexts(warm);
});

afterAll(async () => {
  await contexts.close();
  await warm.close();
  await egress.close();
  await site.close();
});

/** A context that was announced to the proxy, as a run's is. */
async function open(...wanted: Parameters<Contexts['open']>) {
  const opened = await contexts.open(...wanted);
  egress.admit(opened.pass, () => undefined);
  return opened;
}

test('a context says neither in its user agent nor in its client hints that it is headless', async () => {
  const { context, page } = await open({}, {}, policy);
  await page.goto(`${site.url}agent`);
  const seen = await page.evaluate(() => {
    const { userAgent, language } = navigator;
    const hints = (navigator as unknown as { userAgentData?: { brands: { brand: string }[] } }).userAgentData;
    return { userAgent, language, brands: hints?.brands.map(({ brand }) => brand), size: [innerWidth, innerHeight] };
  });
  expect(seen).toMatchObject({ language: 'en-US', size: [1280, 800], brands: ['Not:A-Brand', 'Chromium'] });
  expect(seen.userAgent).toMatch(/ Chrome\/\d+\.0\.0\.0 Safari/);
  expect(JSON.stringify(headers)).not.toContain('Headless');
  expect(headers.at(-1)).toMatchObject({ 'accept-language': 'en-US' });
  await context.close();
});

test('the next context is ready when one closes, and it is a fresh one', async () => {
  const first = await open({}, {}, policy);
  await first.page.goto(`${site.url}set`);
  await first.context.close();
  const { browser } = await warm.get();
  await expect.poll(() => browser.contexts().flatMap((context) => context.pages()).length).toBe(1);
  const ready = browser.contexts()[0];
  const second = await open({}, {}, policy);
  expect(second.context).toBe(ready);
  expect(await second.context.cookies()).toEqual([]);
  await second.context.close();
});

test('two runs that start at once never share the context that was ready', async () => {
  contexts.prepareNext();
  const [first, second] = await Promise.all([open({}, {}, policy), open({}, {}, policy)]);
  expect(first.context).not.toBe(second.context);
  expect(first.page).not.toBe(second.page);
  await Promise.all([first.context.close(), second.context.close()]);
});

/** Puts something into every kind of store the page has. */
async function fill(page: import('playwright').Page): Promise<void> {
  await page.evaluate(async () => {
    localStorage.setItem('kept', 'local');
    sessionStorage.setItem('tab', 'session');
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open('accounts', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('tokens');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const write = request.result.transaction('tokens', 'readwrite');
        write.objectStore('tokens').put({ value: 'indexed' }, 'token');
        write.oncomplete = () => resolve();
      };
    });
  });
}

function read(page: import('playwright').Page) {
  return page.evaluate(async () => {
    const indexed = await new Promise<unknown>((resolve) => {
      const request = indexedDB.open('accounts', 1);
      request.onsuccess = () => {
        const get = request.result.transaction('tokens').objectStore('tokens').get('token');
        get.onsuccess = () => resolve(get.result);
      };
    });
    return { local: localStorage.getItem('kept'), session: sessionStorage.getItem('tab'), indexed };
  });
}

async function capture(): Promise<SessionState> {
  const { context, page, options } = await open({}, {}, policy);
  await page.goto(`${site.url}set`);
  await fill(page);
  const session = await captureSession(context, options);
  await context.close();
  return session;
}

test('a session survives capture, the thread boundary and restore', async () => {
  const session = structuredClone(await capture());
  expect(session).toMatchObject({
    session_storage: { [new URL(site.url).origin]: { tab: 'session' } },
    landing_url: null,
  });
  const before = site.requests.length;
  const { context, page } = await open({ session }, {}, policy);
  expect(site.requests.length).toBe(before);
  await page.goto(`${site.url}again`);
  expect(headers.at(-1)).toMatchObject({ cookie: 'sid=abc' });
  expect(await read(page)).toEqual({ local: 'local', session: 'session', indexed: { value: 'indexed' } });
  await context.close();
});

test('what the site removes from sessionStorage stays removed', async () => {
  const session = await capture();
  const { context, page } = await open({ session }, {}, policy);
  await page.goto(site.url);
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${site.url}next`);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await context.close();
});

test('sessionStorage is read from frames of other origins too', async () => {
  const { context, page, options } = await open({}, {}, policy);
  await page.goto(`${site.url}with-frame`);
  await page.frames()[1]?.evaluate(() => sessionStorage.setItem('inner', 'frame'));
  const session = await captureSession(context, options);
  expect(session.session_storage).toEqual({ [`http://localhost:${site.port}`]: { inner: 'frame' } });
  await context.close();
});

test('a page in an endless loop does not hold up the capture', async () => {
  const { context, page, options } = await open({}, {}, policy);
  await page.goto(`${site.url}set`);
  const busy = await context.newPage();
  await busy.goto(`${site.url}busy`);
  void busy
    .evaluate(() => {
      for (;;);
    })
    .catch(() => undefined);
  const session = await captureSession(context, options);
  expect(JSON.stringify(session.storage_state)).toContain('abc');
  await context.close();
});

test('a profile brings its own look, and nothing else', async () => {
  const imported: Record<string, unknown> = {
    locale: 'de-DE',
    viewport: { width: 800, height: 600 },
    userAgent: 'Mozilla/5.0 Something/1.0',
    proxy: { server: 'http://127.0.0.9:1' },
    baseURL: 'http://127.0.0.9/',
    recordHar: { path: '/tmp/never.har' },
    timezoneId: 5,
  };
  const { context, page, options } = await open({}, imported, policy);
  expect(options).toEqual({
    locale: 'de-DE',
    viewport: { width: 800, height: 600 },
    userAgent: 'Mozilla/5.0 Something/1.0',
  });
  await page.goto(site.url);
  expect(headers.at(-1)).toMatchObject({
    'user-agent': 'Mozilla/5.0 Something/1.0',
    'accept-language': expect.stringMatching(/^de-DE/),
  });
  await context.close();
});

test('a storage state that is a file path is not read', async () => {
  const session = { ...(await capture()), storage_state: '/etc/passwd' };
  const { context } = await open({ session }, {}, policy);
  expect(await context.cookies()).toEqual([]);
  await context.close();
});

test.skipIf(!existsSync('/proc/self/autogroup'))('its browser stands back behind this process', async () => {
  const groupOf = (pid: number | 'self'): string => readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim();
  const own = groupOf('self');
  const { pid } = await warm.get();
  expect(groupOf(pid)).toMatch(/ nice 5$/);
  expect(groupOf('self')).toBe(own);
  expect(groupOf('self').split(' ')[0]).not.toBe(groupOf(pid).split(' ')[0]);
});

test('after its browser died the next context has a new one', async () => {
  const before = await warm.get();
  const gone = new Promise((resolve) => before.browser.once('disconnected', resolve));
  process.kill(-before.pid, 'SIGKILL');
  await gone;
  const { context, page, pid } = await open({}, {}, policy);
  expect(pid).not.toBe(before.pid);
  await page.goto(site.url);
  expect(await page.title()).toBe('Small site');
  await context.close();
});
