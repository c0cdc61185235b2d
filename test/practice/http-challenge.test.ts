import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';

let now: number;
let practice: Practice;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 24, 9);
  practice = await startPractice({ now: () => now });
});

afterEach(() => practice.close());

const open = (variant: string, authorization?: string, path = '') =>
  fetch(practice.site.url(variant, path), { headers: authorization ? { authorization } : {} });

describe('HTTP Basic', () => {
  const answer = (username: string, password: string) =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  test('asks, takes the right password, counts a login once and every request in the log', async () => {
    const { site, ada } = practice;
    const asked = await open('basic');
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="Lindgrove reports", charset="UTF-8"',
    ]);
    const right = answer(ada.username, ada.password);
    for (const path of ['', 'orders', '']) {
      const page = await open('basic', right, path);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('Signed in as Ada Lovelace');
    }
    const { password, log } = site.attempts(ada.username);
    expect(password).toBe(1);
    expect(log.map(({ stages }) => stages)).toEqual([['password'], [], []]);
  });

  test('refuses, counts and locks', async () => {
    const { site, ada, wrong } = practice;
    const texts: string[] = [];
    for (const password of [wrong, wrong, wrong, ada.password]) {
      const page = await open('basic', answer(ada.username, password));
      expect(page.status).toBe(401);
      texts.push(await page.text());
    }
    expect(texts[0]).toContain('Invalid username or password.');
    expect(texts[3]).toContain('Your account is locked.');
    expect(site.attempts(ada.username)).toMatchObject({ password: 4, locked: true });
  });
});

describe.each([
  ['digest-md5', 'MD5', 'md5'],
  ['digest-sha-256', 'SHA-256', 'sha256'],
])('HTTP Digest, %s', (variant, algorithm, hashName) => {
  const hash = (text: string) => createHash(hashName).update(text).digest('hex');
  const field = (header: string, name: string) => new RegExp(`${name}="?([^",]+)`).exec(header)?.[1] ?? '';
  const challenge = async () => (await open(variant)).headers.get('www-authenticate') ?? '';

  function answer(header: string, password: string, { nc = '00000001', uri = `/${variant}/` } = {}): string {
    const { username } = practice.ada;
    const [realm, nonce, opaque] = ['realm', 'nonce', 'opaque'].map((name) => field(header, name));
    const cnonce = '0a4f113b';
    const secret = hash(`${username}:${realm}:${password}`);
    const response = hash(`${secret}:${nonce}:${nc}:${cnonce}:auth:${hash(`GET:${uri}`)}`);
    return (
      `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
      `response="${response}", opaque="${opaque}", qop=auth, nc=${nc}, cnonce="${cnonce}"`
    );
  }

  test('takes the right answer once, and the next count of the same nonce', async () => {
    const { site, ada } = practice;
    const header = await challenge();
    expect(field(header, 'algorithm')).toBe(algorithm);
    const right = answer(header, ada.password);
    expect((await open(variant, right)).status).toBe(200);
    const replayed = await open(variant, right);
    expect([replayed.status, replayed.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('stale=true'),
    ]);
    expect((await open(variant, answer(header, ada.password, { nc: '00000002' }))).status).toBe(200);
    expect(site.attempts(ada.username)).toMatchObject({ password: 1, locked: false });
  });

  test('refuses a wrong password, an answer for another address and an old nonce', async () => {
    const { site, ada, wrong } = practice;
    expect((await open(variant, answer(await challenge(), wrong))).status).toBe(401);
    expect((await open(variant, answer(await challenge(), ada.password, { uri: '/other' }))).status).toBe(401);
    const old = answer(await challenge(), ada.password);
    now += 5 * 60_000;
    expect((await open(variant, old)).status).toBe(401);
    expect(site.attempts(ada.username).password).toBe(1);
  });
});
