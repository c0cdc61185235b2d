import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { TEXTS } from '../../src/practice/texts.ts';
import { VARIANTS } from '../../src/practice/variants.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { triedOf } from '../support/thorough.ts';
import { BY_HAND, giveBoth, type HandWritten } from './by-hand.ts';

const { en, ar, ja } = TEXTS;

/** The databases are there, but Playwright's type leaves them out. */
interface State {
  cookies: { name: string }[];
  origins: { localStorage: { name: string }[]; indexedDB?: { name: string }[] }[];
}

/** Take more than one page to sign in to by hand; the engine does, in test/api/other-places.test.ts. */
const ELSEWHERE = [
  'provider',
  'provider-form',
  'provider-slow-form',
  'provider-stays',
  'provider-in-frame',
  'pop-up',
  'closed-shadow',
  'fixed-name',
  'unnamed-way-out',
  'choose-buttons',
  'choose-radios',
  'choose-tabs',
];

/** Have no form of their own; below. */
const FORMLESS = ['basic', 'digest-md5', 'digest-sha-256', 'social-only', 'article'];

let browser: Browser;
let practice: Practice;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: inject('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  practice = await startPractice();
});

afterAll(async () => {
  await browser.close();
  await practice.close();
});

// A clean sheet, so that the wrong passwords of one variant do not lock the next.
beforeEach(() => {
  practice.site.accounts.set(practice.ada);
  practice.site.accounts.set(practice.grace);
});

async function inPage(run: (page: Page) => Promise<void>, options = {}): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await run(await context.newPage());
  } finally {
    await context.close();
  }
}

const counts = (username: string) => {
  const { password, code } = practice.site.attempts(username);
  return { password, code };
};

test('every variant is signed in to by hand', () => {
  expect([...Object.keys(BY_HAND), ...FORMLESS, ...ELSEWHERE].toSorted()).toEqual(
    VARIANTS.map(({ id }) => id).toSorted(),
  );
});

describe('wrong, then right, then out again', () => {
  test.each(triedOf(Object.entries(BY_HAND)))('%s', async (id, hand: HandWritten) => {
    const { give, giveCode, where = (page: Page) => page, wrong = en.wrong[0], right, codes, door } = hand;
    const account = codes ? practice.grace : practice.ada;
    const before = counts(account.username);
    const query = id === 'slow' ? '?delay=400' : '';
    await inPage(async (page) => {
      const crashes: string[] = [];
      page.on('pageerror', (error) => crashes.push(error.message));
      await page.goto(practice.site.url(id) + query);
      await give(page, { ...account, password: practice.wrong }, false, practice.code);
      const error = hand.toast ? page.locator('.toast') : where(page).getByRole('alert').filter({ visible: true });
      if (wrong) {
        await error.waitFor();
        expect(await error.textContent()).toBe(wrong);
      } else await page.getByLabel(en.password).waitFor();
      expect(await page.getByRole('button', { name: en.signOut }).count()).toBe(0);
      await give(page, account, true, practice.code);
      if (right) {
        await page.getByText(right).waitFor();
        expect(await page.getByRole('button', { name: en.signOut }).count()).toBe(0);
      } else {
        if (giveCode) await giveCode(page, practice.code());
        const t = { arabic: ar, japanese: ja }[id] ?? en;
        await page.getByText(`${t.welcome}, ${account.displayName}`).waitFor();
        await page.reload();
        await page.getByText(`${t.welcome}, ${account.displayName}`).waitFor();
        await page.getByRole('button', { name: t.signOut }).click();
        await page.getByRole('button', { name: t.signOut }).waitFor({ state: 'detached' });
        await page.goto(practice.site.url(id, 'account'));
        const closed = where(page).getByRole('button', {
          name: id === 'identifier-first' || id === 'identifier-one-page' ? t.next : t.signIn,
        });
        await (door?.(page) ?? closed).waitFor();
      }
      expect(crashes).toEqual([]);
    });
    const after = counts(account.username);
    expect(after.password - before.password).toBe(2);
    // Beside the password a code is sent with each; else only after the right one.
    expect(after.code - before.code).toBe(id === 'totp-with-password' ? 2 : giveCode ? 1 : 0);
  });
});

describe('kinds of their own', () => {
  test.each(['basic', 'digest-md5', 'digest-sha-256'])('%s in a browser', async (id) => {
    const { site, ada, wrong } = practice;
    const { origin } = site;
    const before = counts(ada.username).password;
    const asked = { httpCredentials: { username: ada.username, password: wrong, origin } };
    await inPage(async (page) => {
      expect((await page.goto(site.url(id)))?.status()).toBe(401);
      expect(await page.textContent('main')).toContain('Invalid username or password.');
    }, asked);
    await inPage(
      async (page) => {
        expect((await page.goto(site.url(id)))?.status()).toBe(200);
        expect(await page.textContent('main')).toContain('Signed in as Ada Lovelace');
        await page.getByRole('link', { name: 'Orders' }).click();
        await page.waitForURL('**/orders');
        expect(await page.textContent('main')).toContain('Signed in as Ada Lovelace');
      },
      { httpCredentials: { ...asked.httpCredentials, password: ada.password } },
    );
    expect(counts(ada.username).password - before).toBe(2);
  });

  test.each(['social-only', 'article'])('%s has no field for a password', async (id) => {
    await inPage(async (page) => {
      await page.goto(practice.site.url(id));
      expect(await page.locator('input[type=password]').count()).toBe(0);
      expect((await page.goto(practice.site.url(id)))?.status()).toBe(200);
    });
  });

  test('the session lies where the variant says', async () => {
    const { site, ada } = practice;
    const storage = async (id: string) => {
      let found = {};
      await inPage(async (page) => {
        await page.goto(site.url(id));
        await giveBoth(page, ada);
        await page.getByText(`Welcome, ${ada.displayName}`).waitFor();
        const state: State = await page.context().storageState({ indexedDB: true });
        found = {
          cookies: state.cookies.map(({ name }) => name),
          local: state.origins.flatMap((origin) => origin.localStorage.map(({ name }) => name)),
          databases: state.origins.flatMap((origin) => origin.indexedDB?.map(({ name }) => name) ?? []),
          session: await page.evaluate(() => Object.keys(sessionStorage)),
        };
      });
      return found;
    };
    const nothing = { cookies: [], local: [], databases: [], session: [] };
    expect(await storage('spa')).toEqual({ ...nothing, local: ['auth.token'] });
    expect(await storage('spa-cookie')).toEqual({ ...nothing, cookies: ['sid'] });
    expect(await storage('spa-session-storage')).toEqual({ ...nothing, session: ['auth.token'] });
    expect(await storage('spa-indexeddb')).toEqual({ ...nothing, databases: ['auth'] });
    expect(await storage('classic')).toEqual({ ...nothing, cookies: ['sid'] });
  });

  test('the index lists every variant and every account, and no password', async () => {
    const { site, ada, grace } = practice;
    const text = await (await fetch(site.origin)).text();
    for (const { id, entry } of VARIANTS) expect(text).toContain(`href="/${id}/${entry ?? 'login'}"`);
    for (const account of [ada, grace]) {
      expect(text).toContain(account.username);
      expect(text).not.toContain(account.password);
    }
    expect(text).not.toContain(grace.totp);
  });
});
