import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { VirtualAuthenticator } from '../../src/browser/virtual-authenticator.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Server;
let authenticator: VirtualAuthenticator;
let told: string[];
const address = (host: string, path = '/'): string => `http://${host}:${(site.address() as AddressInfo).port}${path}`;
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const passkey = {
  id: Buffer.from('a passkey of ours').toString('base64url'),
  rp_id: 'own.localhost',
  user_handle: Buffer.from('ada').toString('base64url'),
  private_key: key.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
  sign_count: 41,
};

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    const frame = request.url === '/framed' ? `<iframe src="${address('evil.localhost')}"></iframe>` : '';
    response.end(`<!doctype html><title>Site</title>${frame}`);
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => site.once('listening', listening));
});
afterAll(async () => {
  await browser.close();
  await new Promise((closed) => site.close(closed));
});
beforeEach(async () => {
  told = [];
  context = await browser.newContext();
  page = await context.newPage();
  authenticator = await VirtualAuthenticator.install(context, passkey, {
    onUsed: () => told.push('used'),
    onSettled: (signCount) => told.push(`settled ${signCount}`),
  });
});
afterEach(() => context.close());

/** What a page gets that asks: the id of the passkey that signed, or the name of the error. */
const ask = (where: Pick<Page, 'evaluate'>, rpId = 'own.localhost'): Promise<string> =>
  where.evaluate(async (id) => {
    const publicKey = { challenge: new Uint8Array(32), rpId: id, timeout: 5_000 };
    const asked = navigator.credentials.get({ publicKey });
    return asked.then(
      (given) => given?.id ?? 'nothing',
      (error: Error) => error.name,
    );
  }, rpId);

test('it signs once, with the next counter, and is gone then', async () => {
  await page.goto(address('own.localhost'));
  expect(await ask(page)).toBe(passkey.id);
  await expect.poll(() => told).toEqual(['used', 'settled 42']);
  expect(authenticator.used).toBe(true);
  expect(await ask(page)).toBe('NotAllowedError');
  expect(told).toEqual(['used', 'settled 42']);
});

test('one that never signed is told as it was', async () => {
  await page.goto(address('own.localhost'));
  await authenticator.withdraw();
  expect(told).toEqual(['settled 41']);
  expect(await ask(page)).toBe('NotAllowedError');
});

test('another site has no signature for it, whatever it claims to be', async () => {
  await page.goto(address('evil.localhost'));
  expect(await ask(page)).toBe('SecurityError');
  expect(await ask(page, 'evil.localhost')).toBe('NotAllowedError');
  expect(await page.evaluate(() => Object.keys(globalThis).filter((name) => name.startsWith('__pw')))).toEqual([]);
  expect(told).toEqual([]);
});

test('nor has a frame of another site in a page of its own', async () => {
  await page.goto(address('own.localhost', '/framed'));
  const frame = page.frames().find((found) => found.url().includes('evil'));
  expect(await ask(frame as NonNullable<typeof frame>)).toMatch(/NotAllowedError|SecurityError/);
  expect(told).toEqual([]);
});

test('a window that the page opens has it too, and once for all', async () => {
  await page.goto(address('own.localhost'));
  const opened = context.waitForEvent('page');
  await page.evaluate((url) => void window.open(url), address('own.localhost'));
  const second = await opened;
  await second.waitForLoadState();
  await expect.poll(() => ask(second)).toBe(passkey.id);
  await expect.poll(() => told).toEqual(['used', 'settled 42']);
  expect(await ask(page)).toBe('NotAllowedError');
  expect(told).toEqual(['used', 'settled 42']);
});

test('no page makes a passkey by itself', async () => {
  await page.goto(address('own.localhost'));
  const made = await page.evaluate(() =>
    navigator.credentials
      .create({
        publicKey: {
          challenge: new Uint8Array(32),
          rp: { name: 'Own' },
          user: { id: new Uint8Array(4), name: 'ada', displayName: 'Ada' },
          pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        },
      })
      .then(
        () => 'made',
        (error: Error) => error.name,
      ),
  );
  expect(made).toBe('NotAllowedError');
});

test('where the browser was killed nobody says how far the counter came', async () => {
  const other = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  const lost = await other.newContext();
  await lost.newPage();
  const gone = await VirtualAuthenticator.install(lost, passkey, {
    onUsed: () => told.push('used'),
    onSettled: (signCount) => told.push(`settled ${signCount}`),
  });
  await other.close();
  await gone.withdraw();
  expect(told).toEqual([]);
});
