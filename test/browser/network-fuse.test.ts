import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { NetworkFuse } from '../../src/browser/network-fuse.ts';
import { type SocketSite, startSocketSite } from './socket-site.ts';

const PASSWORD = 'a-password-on-the-wire';

let browser: Browser;
let site: SocketSite;
let context: BrowserContext;
let page: Page;
let fuse: NetworkFuse;
let own: string;
let foreign: string;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser.close());
beforeEach(async () => {
  site = await startSocketSite();
  own = `127.0.0.1:${site.port}`;
  foreign = `localhost:${site.port}`;
  context = await browser.newContext();
  fuse = await NetworkFuse.create(context);
  page = await context.newPage();
  await page.goto(`http://${own}/`);
});
afterEach(async () => {
  await context.close();
  await site.close();
});

const arm = async () => {
  const armed = await fuse.arm({ allows: (origin) => origin === `http://${own}`, notSecret: [], known: () => false });
  armed.begin([PASSWORD]);
  return armed;
};
/** Opens a socket in the page and keeps it as `window.socket`. */
const open = (host: string) =>
  page.evaluate(
    (address) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(address);
        Object.assign(window, { socket, heard: [] });
        socket.onopen = () => resolve();
        socket.onerror = () => reject(new Error('no socket'));
        socket.onmessage = ({ data }) => (window as unknown as { heard: unknown[] }).heard.push(data);
      }),
    `ws://${host}/socket`,
  );
const send = (text: string) =>
  page.evaluate((message) => (window as unknown as { socket: WebSocket }).socket.send(message), text);
const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);

describe('a WebSocket', () => {
  test('carries everything while the fuse is not armed', async () => {
    await open(foreign);
    await send(PASSWORD);
    await expect.poll(heard).toEqual([PASSWORD]);
  });

  test('to another origin carries no secret, also when it was open before', async () => {
    await open(foreign);
    const armed = await arm();
    await send(`{"p":"${PASSWORD}"}`);
    await send('ping');
    await expect.poll(heard).toEqual(['ping']);
    expect(site.messages).toEqual([`${foreign} ping`]);
    expect(armed.proof).toMatchObject({
      kind: 'foreign',
      method: 'WEBSOCKET',
      origin: `http://${foreign}`,
      path: '/socket',
    });
  });

  test('to its own origin carries it once', async () => {
    const armed = await arm();
    await open(own);
    for (const text of [PASSWORD, PASSWORD, 'ping']) await send(text);
    await expect.poll(heard).toEqual([PASSWORD, 'ping']);
    expect(armed.proof).toMatchObject({ kind: 'repeat', method: 'WEBSOCKET' });
  });
});

describe('a server that hangs up on a kept-alive connection after reading', () => {
  const submit = async () => {
    await page.fill('input', PASSWORD);
    await page.click('button', { noWaitAfter: true });
  };
  const drops = () => site.requests.filter((request) => request === 'POST /drop').length;

  test('gets the form twice from the browser alone', async () => {
    await submit();
    await expect.poll(drops).toBe(2);
  });

  test('gets it once through the fuse, and the loss is known', async () => {
    const armed = await arm();
    await submit();
    await expect.poll(() => armed.lost).toBe(true);
    await armed.idle();
    expect(drops()).toBe(1);
  });
});

test('what a document sends while it is being left does not leave', async () => {
  await page.evaluate((secret) => {
    for (const kind of ['pagehide', 'unload', 'visibilitychange']) {
      (kind === 'visibilitychange' ? document : window).addEventListener(kind, () => {
        void fetch('/late', { method: 'POST', body: secret, keepalive: true });
        navigator.sendBeacon('/late', secret);
        new Image().src = `/late?${secret}`;
      });
    }
  }, PASSWORD);
  const armed = await arm();
  await page.goto(`http://${own}/next`);
  await page.goto(`http://${own}/last`);
  await page.close();
  expect(site.requests.filter((request) => request.includes('/late'))).toEqual([]);
  expect(armed.proof).toBeNull();
});

test('of a run that is over nothing leaves any more, whatever it is', async () => {
  let over = false;
  const armed = await fuse.arm({ allows: () => true, notSecret: [], known: () => false }, () => over);
  armed.begin([PASSWORD]);
  const post = (body: string) =>
    page.evaluate(
      (text) =>
        fetch('/', { method: 'POST', body: text }).then(
          () => 'sent',
          () => 'stopped',
        ),
      body,
    );
  await open(own);
  expect(await post('something else')).toBe('sent');
  over = true;
  expect([await post(PASSWORD), await post('something else')]).toEqual(['stopped', 'stopped']);
  await send(PASSWORD);
  over = false;
  await send('later');
  await expect.poll(heard).toEqual(['later']);
  expect(armed.proof).toBeNull();
});
