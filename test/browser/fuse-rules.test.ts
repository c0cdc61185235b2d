import { describe, expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/browser/credential-match.ts';
import { FuseRules } from '../../src/browser/fuse-rules.ts';

const SITE = 'https://site.test';
const PASSWORD = 'correct horse battery';
const CODE = '493817';

function rules(): FuseRules {
  return new FuseRules({ allows: (origin) => origin === SITE, notSecret: ['ada'], known: () => false });
}
const post = (path: string, value: unknown, origin = SITE): OutgoingRequest => ({
  method: 'POST',
  url: `${origin}${path}`,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value)),
});
const get = (path: string): OutgoingRequest => ({ method: 'GET', url: `${SITE}${path}`, headers: {}, body: null });

describe('one action', () => {
  test('sends its secret once to one place, whatever the query', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/login?a=1', { p: PASSWORD }))).toBe('send');
    expect(fuse.judge(get('/style.css'))).toBe('pass');
    expect(fuse.proof).toBeNull();
    expect(fuse.judge(post('/login?a=2', { p: PASSWORD }))).toBe('stop');
    expect(fuse.proof).toEqual({
      kind: 'repeat',
      method: 'POST',
      origin: SITE,
      path: '/login',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test('to two places at most: a pre-check and the login', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/check', { p: PASSWORD }))).toBe('send');
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
    expect(fuse.judge(post('/third', { p: PASSWORD }))).toBe('stop');
    expect(fuse.judge(post('/check', { p: PASSWORD }))).toBe('stop');
    expect(fuse.proof).toMatchObject({ path: '/third' });
  });

  test('never to another origin, not even first', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/login', { p: PASSWORD }, 'https://elsewhere.test'))).toBe('stop');
    expect(fuse.proof).toMatchObject({ kind: 'foreign', origin: 'https://elsewhere.test' });
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
  });

  test('counts messages of a socket by its address', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judgeMessage('wss://site.test/socket', PASSWORD)).toBe('send');
    expect(fuse.judgeMessage('wss://site.test/socket', 'ping')).toBe('pass');
    expect(fuse.judgeMessage('wss://site.test/socket', PASSWORD)).toBe('stop');
    expect(fuse.judgeMessage('wss://elsewhere.test/socket', PASSWORD)).toBe('stop');
  });
});

describe('a code', () => {
  test('is an action of its own, whose request may carry the password again', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
    fuse.begin([CODE]);
    expect(fuse.judge(post('/login', { p: PASSWORD, code: CODE }))).toBe('send');
    expect(fuse.judge(post('/login', { p: PASSWORD, code: CODE }))).toBe('stop');
  });

  test('does not give the password another turn', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
    fuse.begin([CODE]);
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('stop');
  });
});

describe('a redirect', () => {
  const first = post('/login', { p: PASSWORD });
  test.each([
    [307, `${SITE}/other`, 'pass'],
    [308, `${SITE}/other`, 'pass'],
    [307, 'https://elsewhere.test/', 'stop'],
    [308, 'https://elsewhere.test/', 'stop'],
    [302, 'https://elsewhere.test/welcome', 'pass'],
    [303, `https://elsewhere.test/?p=${encodeURIComponent(PASSWORD)}`, 'stop'],
    [302, `${SITE}/?p=${encodeURIComponent(PASSWORD)}`, 'pass'],
  ])('%s to %s: %s', (status, location, verdict) => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    fuse.judge(first);
    expect(fuse.judgeRedirect(status, first, location)).toBe(verdict);
    expect(fuse.proof?.kind ?? null).toBe(verdict === 'stop' ? 'foreign' : null);
  });
});

describe('a page that changes what is typed', () => {
  test('sends to one place once, from the submission on', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/keystrokes', { n: 3 }))).toBe('pass');
    fuse.submitted();
    expect(fuse.judge(post('/metrics', { n: 1 }))).toBe('pass');
    expect(fuse.judge(post('/login', { h: 'a1b2' }))).toBe('presume');
    expect(fuse.judge(post('/next', { h: 'a1b2' }))).toBe('pass');
    expect(fuse.judge(get('/login'))).toBe('pass');
    expect(fuse.judge(post('/login', { h: 'c3d4' }))).toBe('hold');
    expect(fuse.proof).toBeNull();
    expect(fuse.judge(post('/login', { h: 'c3d4' }), true)).toBe('stop');
    expect(fuse.proof).toMatchObject({ kind: 'heuristic', path: '/login' });
  });

  test('other calls at the one address of an interface are not the submission', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    fuse.submitted();
    expect(fuse.judge(post('/graphql', { query: 'mutation login', variables: { h: 'a1' } }))).toBe('presume');
    expect(fuse.judge(post('/graphql', { query: 'query me' }))).toBe('pass');
    expect(fuse.judge(post('/graphql', { query: 'mutation login', variables: { h: 'a1' } }), true)).toBe('stop');
  });

  test('where it sent something before, of each key or of the name, is not where it submits', () => {
    const fuse = new FuseRules({
      allows: (origin) => origin === SITE,
      notSecret: [],
      known: (destination) => destination === `POST ${SITE}/robots `,
    });
    fuse.begin([PASSWORD]);
    expect(fuse.judge(post('/keystrokes', { n: 3 }))).toBe('pass');
    fuse.submitted();
    for (const path of ['/keystrokes', '/robots', '/robots', '/keystrokes'])
      expect(fuse.judge(post(path, { n: 4 }))).toBe('pass');
    expect(fuse.judge(post('/login', { h: 'a1b2' }))).toBe('presume');
    expect(fuse.judge(post('/login', { h: 'a1b2' }))).toBe('hold');
  });

  test('a recognised secret makes guessing needless', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    fuse.submitted();
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
    expect(fuse.judge(post('/api', { q: 1 }))).toBe('pass');
    expect(fuse.judge(post('/api', { q: 2 }))).toBe('pass');
  });

  test('what was held goes on once the secret left with something else', () => {
    const fuse = rules();
    fuse.begin([PASSWORD]);
    fuse.submitted();
    expect(fuse.judge(post('/robots', { n: 1 }))).toBe('presume');
    expect(fuse.judge(post('/robots', { n: 2 }))).toBe('hold');
    expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('send');
    expect(fuse.judge(post('/robots', { n: 2 }), true)).toBe('pass');
    expect(fuse.proof).toBeNull();
  });
});

test('before any action everything passes', () => {
  const fuse = rules();
  expect(fuse.judge(post('/login', { p: PASSWORD }))).toBe('pass');
  expect(fuse.judgeMessage('wss://site.test/', PASSWORD)).toBe('pass');
});
