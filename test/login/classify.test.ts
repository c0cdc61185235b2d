import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/login/observation.ts';
import { classify, PAGE_KINDS, type PageKind } from '../../src/login/page-state.ts';
import { EASTERN_PAGES } from './eastern-page-words.ts';
import type { PageWords } from './page-words.ts';
import { plainPage } from './plain-page.ts';
import { WESTERN_PAGES } from './western-page-words.ts';

const LANGUAGES = { ...WESTERN_PAGES, ...EASTERN_PAGES };

/** The same pages in every language: how each is made, and what is found on it. */
const PAGES: Record<PageKind, { make: (words: PageWords) => Observation; roles: string[] }> = {
  login: {
    make: (w) =>
      plainPage([
        { heading: w.signIn },
        { field: w.name },
        { field: w.password, type: 'password' },
        { check: w.remember },
        { button: w.signIn },
        { link: w.forgot },
        { link: w.signUp },
      ]),
    roles: ['identifier', 'password', 'submit', 'remember'],
  },
  identifier_step: {
    make: (w) => plainPage([{ heading: w.signIn }, { field: w.name }, { button: w.next }, { link: w.signUp }]),
    roles: ['identifier', 'submit'],
  },
  password_step: {
    make: (w) =>
      plainPage([
        { heading: w.signIn },
        { field: w.password, type: 'password' },
        { button: w.next },
        { link: w.forgot },
      ]),
    roles: ['password', 'submit'],
  },
  code_step: {
    make: (w) => plainPage([{ heading: w.codeHeading }, { field: w.codeLabel }, { button: w.verify }]),
    roles: ['code', 'submit'],
  },
  method_chooser: {
    make: (w) => plainPage([{ heading: w.signIn }, { button: w.withGoogle }, { button: w.withApple }]),
    roles: [],
  },
  sign_up: {
    make: (w) =>
      plainPage([
        { heading: w.signUp },
        { field: w.firstName },
        { field: w.name },
        { field: w.password, type: 'password' },
        { field: w.repeat, type: 'password' },
        { check: w.terms },
        { button: w.signUp },
        { link: w.signIn },
      ]),
    roles: ['identifier', 'new_passwords', 'submit'],
  },
  password_change: {
    make: (w) =>
      plainPage([
        { heading: w.changeHeading },
        { field: w.current, type: 'password' },
        { field: w.fresh, type: 'password' },
        { field: w.repeat, type: 'password' },
        { button: w.change },
      ]),
    roles: ['password', 'new_passwords', 'submit'],
  },
  interstitial: {
    make: (w) => plainPage([{ heading: w.stay }, { button: 'OK' }]),
    roles: [],
  },
  captcha: {
    make: (w) => plainPage([{ heading: w.article }, { button: 'OK' }], { captchas: ['hcaptcha'] }),
    roles: [],
  },
  error_page: {
    make: (w) => plainPage([{ heading: w.article }], { title: '404 Not Found' }),
    roles: [],
  },
  logged_in: {
    make: (w) => plainPage([{ heading: w.article }, { link: w.logOut }]),
    roles: [],
  },
  other: {
    make: (w) => plainPage([{ field: w.search, type: 'search' }, { button: w.search }, { heading: w.article }]),
    roles: [],
  },
};

const ROLES = ['identifier', 'password', 'new_passwords', 'code', 'submit', 'tenant', 'remember'] as const;

function seen(observation: Observation): string[] {
  const { kind, fields } = classify(observation);
  const found = (role: (typeof ROLES)[number]): boolean => {
    const value = fields[role];
    return Array.isArray(value) ? value.length > 0 : value !== null;
  };
  return [kind, ...ROLES.filter(found)];
}

describe('page kinds', () => {
  test('every kind and fourteen languages', () => {
    expect(Object.keys(PAGES)).toEqual([...PAGE_KINDS]);
    expect(Object.keys(LANGUAGES).length).toBe(14);
  });

  describe.each(Object.entries(LANGUAGES))('in %s', (_language, words) => {
    test.each(Object.entries(PAGES))('%s', (kind, { make, roles }) => {
      const observation = make(words);
      expect(seen(observation), classify(observation).reasons.join(', ')).toEqual([kind, ...roles]);
    });

    test('the company beside a login is named, and is not the account', () => {
      const observation = plainPage([
        { heading: words.signIn },
        { field: words.tenant },
        { field: words.name },
        { field: words.password, type: 'password' },
        { button: words.signIn },
      ]);
      const { fields } = classify(observation);
      expect(fields.tenant?.element.label).toBe(words.tenant);
      expect(fields.tenant?.reasons).toEqual(['label says tenant +4']);
      expect(fields.identifier?.element.label).toBe(words.name);
    });

    test('"remember me" is named with its reasons; terms are not it', () => {
      const page = (check: string) =>
        plainPage([
          { field: words.name },
          { field: words.password, type: 'password' },
          { check },
          { button: words.signIn },
        ]);
      expect(classify(page(words.remember)).fields.remember).toMatchObject({
        element: { label: words.remember },
        reasons: ['label says remember +4'],
      });
      expect(classify(page(words.terms)).fields.remember).toBeNull();
    });
  });

  test('a list of domains is a tenant too', () => {
    const observation = plainPage([
      { field: 'User name' },
      { field: 'Password', type: 'password' },
      { field: 'Domain', tag: 'select', type: '' },
      { button: 'Log on' },
    ]);
    expect(classify(observation).fields.tenant).toMatchObject({
      element: { label: 'Domain' },
      reasons: ['label says tenant +4', 'a list +1'],
    });
  });

  test('a form that says nothing is what its page is called after', () => {
    const pieces = [{ field: '' }, { field: '', type: 'password' }, { button: 'Submit' }];
    expect(seen(plainPage(pieces, { title: 'Create your account' }))[0]).toBe('sign_up');
    expect(seen(plainPage(pieces, { title: 'Your account' }))[0]).toBe('login');
    expect(seen(plainPage(pieces, { title: 'Register or sign in' }))[0]).toBe('login');
    // What says it is a sign-in stays one.
    const says = [{ field: 'Username' }, { field: 'Password', type: 'password' }, { button: 'Sign in' }];
    expect(seen(plainPage(says, { title: 'Register' }))[0]).toBe('login');
  });
});
