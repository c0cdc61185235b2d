import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { Visitor } from './visitor.ts';

let now: number;
let practice: Practice;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 24, 9);
  practice = await startPractice({ now: () => now, sessionSeconds: 600 });
});

afterEach(() => practice.close());

async function signedIn(variant: string): Promise<Visitor> {
  const visitor = new Visitor(practice.site, variant);
  const answer = await visitor.signIn(practice.ada.username, practice.ada.password);
  expect(answer.location).toBe(`/${variant}/account`);
  return visitor;
}

const isIn = async (visitor: Visitor) => (await visitor.open('account')).status === 200;

describe('a session', () => {
  test('expires', async () => {
    const visitor = await signedIn('classic');
    now += 599_000;
    expect(await isIn(visitor)).toBe(true);
    now += 1_000;
    expect(await isIn(visitor)).toBe(false);
  });

  test('belongs to one variant', async () => {
    const visitor = await signedIn('classic');
    const other = new Visitor(practice.site, 'slow');
    other.cookie = visitor.cookie;
    expect(await isIn(other)).toBe(false);
  });

  test('is ended by an administrator', async () => {
    const visitor = await signedIn('classic');
    practice.site.endSessions(practice.ada.username);
    expect(await isIn(visitor)).toBe(false);
  });

  test('stays beside another one, unless the variant allows one for each account', async () => {
    const both = [await signedIn('classic'), await signedIn('classic')];
    expect(await Promise.all(both.map(isIn))).toEqual([true, true]);
    const [first, second] = [await signedIn('single-session'), await signedIn('single-session')];
    expect(await Promise.all([first, second].map(isIn))).toEqual([false, true]);
  });

  test('with a rotating id dies for whoever holds an old one', async () => {
    const visitor = await signedIn('rotating-session');
    const thief = new Visitor(practice.site, 'rotating-session');
    thief.cookie = visitor.cookie;
    expect(await isIn(visitor)).toBe(true);
    expect(visitor.cookie).not.toBe(thief.cookie);
    expect(await isIn(thief)).toBe(false);
    expect(await isIn(visitor)).toBe(true);
  });

  test('outlives the browser only where the visitor said so', async () => {
    const { ada } = practice;
    const visitor = new Visitor(practice.site, 'remember-me');
    await visitor.open();
    const kept = await visitor.post({ username: ada.username, password: ada.password, remember: '1' });
    expect(kept.headers.get('set-cookie')).toContain('; Max-Age=2592000');
    const plain = await new Visitor(practice.site, 'remember-me').signIn(ada.username, ada.password);
    expect(plain.headers.get('set-cookie')).not.toContain('Max-Age');
  });

  test("of one account does not become another's by a name alone", async () => {
    const { site, ada, grace } = practice;
    const visitor = await signedIn('classic');
    const login = new Visitor(site, 'classic');
    await login.open();
    const token = /name="csrf" value="([^"]+)"/;
    login.cookie = visitor.cookie;
    const own = token.exec((await visitor.open('account')).text)?.[1] ?? '';
    await login.post({ username: grace.username, password: grace.password, csrf: own });
    expect(await isIn(visitor)).toBe(false);
    expect((await visitor.signIn(ada.username, ada.password)).location).toBe('/classic/account');
  });
});

describe('the journal', () => {
  test('has every request that carried a credential, by account and stage, never the value', async () => {
    const { site, ada, grace, wrong, code } = practice;
    const visitor = new Visitor(site, 'identifier-first');
    await visitor.open();
    await visitor.post({ username: grace.username });
    await visitor.open('password');
    await visitor.post({ password: wrong });
    await visitor.post({ password: grace.password });
    await visitor.open('code');
    await visitor.post({ code: code() });
    expect(await isIn(visitor)).toBe(true);
    const { log, ...counts } = site.attempts(grace.username.toUpperCase());
    expect(counts).toEqual({ identifier: 1, password: 2, code: 1, extra: 0, honeypot: 0, locked: false });
    const time = new Date(now).toISOString();
    const entry = { time, method: 'POST', host: new URL(site.origin).host, account: grace.username };
    expect(log).toEqual([
      { ...entry, path: '/identifier-first/login', stages: ['identifier'] },
      { ...entry, path: '/identifier-first/password', stages: ['password'] },
      { ...entry, path: '/identifier-first/password', stages: ['password'] },
      { ...entry, path: '/identifier-first/code', stages: ['code'] },
    ]);
    const shown = await fetch(`${site.origin}/_practice/attempts?username=${encodeURIComponent(grace.username)}`);
    expect(await shown.json()).toEqual(site.attempts(grace.username));
    for (const secret of [ada.password, grace.password, wrong, code()]) {
      expect(JSON.stringify(site.log())).not.toContain(secret);
    }
  });

  test.each([
    ['in a query', (secret: string) => [`crowded/search?q=${encodeURIComponent(secret)}`, {}]],
    ['in a path nobody serves', (secret: string) => [`nowhere?x=${encodeURIComponent(secret)}`, {}]],
    ['in another form', (secret: string) => ['crowded/subscribe', { newsletter_email: secret }]],
    ['as text', (secret: string) => ['crowded/subscribe', `x=${secret}`]],
    ['in base64', (secret: string) => ['nowhere', Buffer.from(secret).toString('base64')]],
  ] as const)('sees a password that strays %s', async (_where, request) => {
    const { site, ada } = practice;
    const [path, body] = request(ada.password) as [string, string | Record<string, string>];
    const sent = typeof body === 'string' ? body : new URLSearchParams(body);
    const post = typeof body === 'string' || Object.keys(body).length > 0;
    await fetch(`${site.origin}/${path}`, post ? { method: 'POST', body: sent } : {});
    const { password, log } = site.attempts(ada.username);
    expect(password).toBe(0);
    expect(log).toMatchObject([{ path: `/${path.split('?')[0]}`, stages: [] }]);
  });

  test('says nothing about ordinary requests', async () => {
    const visitor = new Visitor(practice.site, 'classic');
    await visitor.open();
    await visitor.open('account');
    expect(practice.site.log()).toEqual([]);
  });
});

describe('a page that asks for more', () => {
  const ask = async (variant: string) => {
    const visitor = new Visitor(practice.site, variant);
    const { location } = await visitor.signIn(practice.ada.username, practice.ada.password);
    const page = await visitor.open(location?.split('/').at(-1));
    expect(await new Visitor(practice.site, variant).open('account')).toMatchObject({ status: 303 });
    return { visitor, location, page };
  };

  test('the security question takes the answer on record, and no other', async () => {
    const { site, ada } = practice;
    site.accounts.set({ ...ada, answer: 'Byron' });
    const { visitor, location } = await ask('extra-question');
    expect(location).toBe('/extra-question/question');
    expect((await visitor.post({ answer: 'Rex' })).error).toBe('That answer does not match the one we have.');
    expect((await visitor.post({ answer: ' byron' })).location).toBe('/extra-question/account');
    expect(site.attempts(ada.username)).toMatchObject({ password: 1, extra: 2 });
  });

  test.each([
    ['captcha', { tile0: '1' }, 'Please try the security check again.'],
    ['phone-number', { phone: '+44 20 7946 0018' }, 'We cannot send messages to this number.'],
    ['extra-question', { answer: '' }, 'That answer does not match the one we have.'],
  ])('%s is never passed', async (variant, values, words) => {
    const { visitor } = await ask(variant);
    expect((await visitor.post(values)).error).toBe(words);
    expect((await visitor.open('account')).location).toBe(`/${variant}/login`);
  });

  test('an expired password is really changed', async () => {
    const { site, ada, wrong } = practice;
    site.accounts.set({ ...ada, state: 'password_expired' });
    const { visitor, location } = await ask('classic');
    expect(location).toBe('/classic/new-password');
    const change = (current: string, wanted: string, repeat = wanted) => visitor.post({ current, new: wanted, repeat });
    expect((await change(ada.password, 'short')).error).toBe('A password needs 12 characters or more.');
    expect((await change(ada.password, wrong, ada.password)).error).toBe('The two new passwords are not the same.');
    expect((await change(ada.password, ada.password)).error).toBe('The new password must differ from the old one.');
    expect((await change('not this one', wrong)).error).toBe('The current password is not right.');
    expect((await change(ada.password, wrong)).location).toBe('/classic/account');
    const again = new Visitor(site, 'classic');
    expect((await again.signIn(ada.username, ada.password)).error).toBe('Invalid username or password.');
    expect((await again.signIn(ada.username, wrong)).location).toBe('/classic/account');
  });

  test('"stay signed in?" lets both answers through', async () => {
    const yes = await ask('stay-signed-in');
    expect((await yes.visitor.post({ stay: 'yes' })).headers.get('set-cookie')).toContain('Max-Age');
    const no = await ask('stay-signed-in');
    expect((await no.visitor.post({ stay: 'no' })).headers.get('set-cookie')).not.toContain('Max-Age');
    expect(await isIn(no.visitor)).toBe(true);
  });
});

describe('a login that is refused whatever the password', () => {
  test('locked', async () => {
    const { site, ada } = practice;
    const answer = await new Visitor(site, 'locked').signIn(ada.username, ada.password);
    expect(answer.error).toBe('Your account is locked. Try again in 15 minutes.');
    site.accounts.set({ ...ada, state: 'locked' });
    const everywhere = await new Visitor(site, 'classic').signIn(ada.username, ada.password);
    expect(everywhere.error).toBe('Your account is locked. Try again in 15 minutes.');
    expect(site.attempts(ada.username).locked).toBe(true);
  });

  test('disabled', async () => {
    const { site, ada } = practice;
    site.accounts.set({ ...ada, state: 'disabled' });
    const answer = await new Visitor(site, 'classic').signIn(ada.username, ada.password);
    expect(answer.error).toBe('Your account has been disabled. Please contact support.');
  });

  test('rate limited', async () => {
    const { site, ada } = practice;
    const answer = await new Visitor(site, 'rate-limited').signIn(ada.username, ada.password);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '600']);
    expect(answer.error).toBe('Too many attempts. Please try again in 10 minutes.');
  });

  test('the field nobody sees was filled', async () => {
    const { site, ada } = practice;
    const visitor = new Visitor(site, 'honeypot');
    await visitor.open();
    const filled = { username: ada.username, password: ada.password, contact_email: ada.username };
    expect((await visitor.post(filled)).error).toBe('Invalid username or password.');
    expect((await visitor.post({ ...filled, contact_email: '' })).location).toBe('/honeypot/account');
    expect(site.attempts(ada.username)).toMatchObject({ password: 2, honeypot: 1 });
  });
});

describe('an answer that looks like its opposite', () => {
  test('the form again, with a session behind it', async () => {
    const { site, ada, wrong } = practice;
    const visitor = new Visitor(site, 'soft-success');
    expect((await visitor.signIn(ada.username, wrong)).error).toBe('Invalid username or password.');
    expect(await isIn(visitor)).toBe(false);
    const answer = await visitor.signIn(ada.username, ada.password);
    expect([answer.status, answer.error]).toEqual([200, null]);
    expect(answer.text).toContain('type="password"');
    expect(await isIn(visitor)).toBe(true);
  });

  test('the welcome, with none', async () => {
    const { site, ada, wrong } = practice;
    const visitor = new Visitor(site, 'late-error');
    expect((await visitor.signIn(ada.username, wrong)).location).toBe('/late-error/opening');
    const opening = await visitor.open('opening');
    expect([opening.status, opening.error]).toEqual([200, null]);
    expect(await isIn(visitor)).toBe(false);
    expect((await visitor.open('login')).error).toBe('Invalid username or password.');
    expect((await visitor.open('login')).error).toBeNull();
    expect((await visitor.signIn(ada.username, ada.password)).location).toBe('/late-error/opening');
    expect(await isIn(visitor)).toBe(true);
  });
});
