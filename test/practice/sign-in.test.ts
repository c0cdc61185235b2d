import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { Visitor } from './visitor.ts';

const MINUTE = 60_000;

let now: number;
let practice: Practice;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 24, 9);
  practice = await startPractice({ now: () => now });
});

afterEach(() => practice.close());

describe('a form login', () => {
  test('right: a new session id, the account page, the way out', async () => {
    const { site, ada } = practice;
    const visitor = new Visitor(site, 'classic');
    await visitor.open();
    const before = visitor.cookie;
    const answer = await visitor.post({ username: ada.username, password: ada.password });
    expect([answer.status, answer.location]).toEqual([303, '/classic/account']);
    expect(answer.headers.get('set-cookie')).toMatch(/^sid=[\w-]{32}; Path=\/classic; HttpOnly; SameSite=Lax$/);
    expect(visitor.cookie).not.toBe(before);
    const page = await visitor.open('account');
    expect(page.text).toContain('Ada Lovelace');
    expect(page.text).toContain('Log out');
    const planted = new Visitor(site, 'classic');
    planted.cookie = before;
    expect((await planted.open('account')).location).toBe('/classic/login');
    const kept = visitor.cookie;
    expect((await visitor.post({}, '/logout')).location).toBe('/classic/login');
    planted.cookie = kept;
    expect((await planted.open('account')).location).toBe('/classic/login');
    expect(site.attempts(ada.username)).toMatchObject({ identifier: 0, password: 1, code: 0, locked: false });
  });

  test('wrong: the form again with the words, and nobody is signed in', async () => {
    const { site, ada, wrong } = practice;
    const visitor = new Visitor(site, 'classic');
    const answer = await visitor.signIn(ada.username, wrong);
    expect([answer.status, answer.error]).toEqual([401, 'Invalid username or password.']);
    expect(answer.text).toContain(`value="${ada.username}"`);
    expect((await visitor.open('account')).location).toBe('/classic/login');
    expect((await new Visitor(site, 'error-with-200').signIn(ada.username, wrong)).status).toBe(200);
    expect(site.attempts(ada.username)).toMatchObject({ password: 2, locked: false });
  });

  test('an unknown name looks like a wrong password, and is counted', async () => {
    const { site, wrong } = practice;
    const answer = await new Visitor(site, 'classic').signIn('nobody@lindgrove.test', wrong);
    expect(answer.error).toBe('Invalid username or password.');
    expect(site.attempts('nobody@lindgrove.test').password).toBe(1);
  });

  test('a form of another session is refused, and counted', async () => {
    const { site, ada } = practice;
    const visitor = new Visitor(site, 'classic');
    await visitor.open();
    const answer = await visitor.post({ username: ada.username, password: ada.password, csrf: 'other' });
    expect([answer.status, answer.error]).toEqual([403, 'This form has expired. Please try again.']);
    expect(site.attempts(ada.username).password).toBe(1);
  });

  test('the words are those of the language and of the wording asked for', async () => {
    const { site, ada, wrong } = practice;
    const words = async (query: string) => {
      site.accounts.set(ada);
      return (await new Visitor(site, 'wrong-password').signIn(ada.username, wrong, query)).error;
    };
    expect(await words('?lang=de')).toBe('Benutzername oder Passwort ist falsch.');
    expect(await words('?lang=fr&wording=1')).toBe('Votre mot de passe est incorrect.');
    expect(await words('?lang=ar')).toBe('اسم المستخدم أو كلمة المرور غير صحيحة.');
    expect(await words('?lang=xx&wording=99')).toBe('Invalid username or password.');
  });
});

describe('three wrong attempts', () => {
  test('lock the account for 15 minutes, the right password included', async () => {
    const { site, ada, wrong } = practice;
    const visitor = new Visitor(site, 'classic');
    const errors: (string | null)[] = [];
    for (const password of [wrong, wrong, wrong, ada.password]) {
      errors.push((await visitor.signIn(ada.username, password)).error);
    }
    expect(errors).toEqual([
      'Invalid username or password.',
      'Invalid username or password.',
      'Your account is locked. Try again in 15 minutes.',
      'Your account is locked. Try again in 15 minutes.',
    ]);
    expect(site.attempts(ada.username)).toMatchObject({ password: 4, locked: true });
    now += 14.5 * MINUTE;
    expect((await visitor.signIn(ada.username, ada.password)).error).toContain('in 1 minutes');
    now += MINUTE;
    expect((await visitor.signIn(ada.username, ada.password)).location).toBe('/classic/account');
    expect(site.attempts(ada.username).locked).toBe(false);
  });

  test('are counted over all kinds of login, and forgotten at a right one', async () => {
    const { site, ada, wrong } = practice;
    await new Visitor(site, 'classic').signIn(ada.username, wrong);
    await new Visitor(site, 'crowded').signIn(ada.username, wrong);
    await new Visitor(site, 'classic').signIn(ada.username, ada.password);
    await new Visitor(site, 'classic').signIn(ada.username, wrong);
    expect(site.attempts(ada.username)).toMatchObject({ password: 4, locked: false });
  });

  test('wrong codes too', async () => {
    const { site, grace } = practice;
    const visitor = new Visitor(site, 'totp-one-box');
    await visitor.signIn(grace.username, grace.password);
    const errors: (string | null)[] = [];
    for (let look = 0; look < 3; look += 1) {
      await visitor.open('code');
      errors.push((await visitor.post({ code: '12345' })).error);
    }
    expect(errors.slice(0, 2)).toEqual(['That code is not correct.', 'That code is not correct.']);
    expect(errors[2]).toContain('Your account is locked.');
    expect(site.attempts(grace.username)).toMatchObject({ password: 1, code: 3, locked: true });
  });
});

describe('a one-time code', () => {
  const enter = async (code: string) => {
    const visitor = new Visitor(practice.site, 'totp-one-box');
    const asked = await visitor.signIn(practice.grace.username, practice.grace.password);
    expect(asked.location).toBe('/totp-one-box/code');
    expect((await visitor.open('account')).location).toBe('/totp-one-box/login');
    await visitor.open('code');
    return visitor.post({ code });
  };

  test.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('%i steps from now is accepted: %s', async (steps, accepted) => {
    const answer = await enter(practice.code(now + steps * 30_000));
    expect(answer.location).toBe(accepted ? '/totp-one-box/account' : null);
    expect(answer.error).toBe(accepted ? null : 'That code is not correct.');
  });

  test('is accepted once, and none before it', async () => {
    const code = practice.code();
    expect((await enter(code)).location).toBe('/totp-one-box/account');
    expect((await enter(code)).error).toBe('That code is not correct.');
    expect((await enter(practice.code(now - 30_000))).error).toBe('That code is not correct.');
    now += 30_000;
    expect((await enter(practice.code())).location).toBe('/totp-one-box/account');
    expect(practice.site.attempts(practice.grace.username)).toMatchObject({ password: 4, code: 4 });
  });

  test('beside the password is one request for both', async () => {
    const { site, grace, wrong, code } = practice;
    const visitor = new Visitor(site, 'totp-with-password');
    const send = async (password: string, given: string) => {
      await visitor.open();
      return visitor.post({ username: grace.username, password, code: given });
    };
    expect((await send(grace.password, '000')).error).toBe('That code is not correct.');
    expect((await send(wrong, code())).error).toBe('Invalid username or password.');
    expect((await send(grace.password, code())).location).toBe('/totp-with-password/account');
    expect(site.attempts(grace.username)).toMatchObject({ password: 3, code: 3 });
    expect(site.attempts(grace.username).log).toHaveLength(3);
  });

  test('a page of a step the session is not at leads back', async () => {
    const visitor = new Visitor(practice.site, 'totp-one-box');
    expect((await visitor.open('code')).location).toBe('/totp-one-box/login');
  });
});
