import { randomBytes } from 'node:crypto';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Inspection, inspectPage } from '../../src/login/inspect.ts';
import { LEAKS, startLeakySite } from '../support/leaky-site.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { type PlantedSecret, searchSecrets } from '../support/secret-search.ts';
import { type Service, startService } from '../support/service.ts';
import { triedOf } from '../support/thorough.ts';

let service: Service;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  service = await startService();
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

let practice: Practice;
beforeEach(async () => {
  practice = await startPractice();
});
afterEach(() => practice.close());

async function run(url: string, login: Record<string, unknown>) {
  const started = (await service.call('POST', '/v1/credentials/test-login', { url, ...login })).body;
  const final = await service.finished(started);
  const { body } = await service.call('GET', `/v1/runs/${final.workflow_run_id}`);
  const names: string[] = body.artifacts.map(({ name }: { name: string }) => name);
  return { final, names, timings: body.timings as Record<string, number> };
}

/** A run that ends without a login: the page it left, what it noted there, and what is seen on that page. */
async function capture(url: string, login: Record<string, unknown>) {
  const { final, names, timings } = await run(url, login);
  expect(names, JSON.stringify([final.outcome, final.failure_reason])).toContain('page.html');
  const { text: html, headers } = await service.call('GET', `/v1/runs/${final.workflow_run_id}/artifacts/page.html`);
  expect(headers.get('content-disposition')).toBe('attachment');
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  await page.setContent(html);
  const found = short(await inspectPage(page));
  const seen = /<meta name="keyturn-seen" content="([a-z_ ]*)">/.exec(html)?.[1] ?? '';
  return { html, final, timings, found, seen };
}

/** A page in short: its kind, and by role the element that was found. */
function short({ page_kind: kind, identifier, password, new_password, code, submit }: Inspection) {
  const roles = { identifier, password, new_password, code, submit };
  // The words of a refusal stand before the form and move it by one.
  const selectors = Object.entries(roles).flatMap(([role, found]) =>
    found ? [[role, found.selector.replace(/form:nth-child\(\d+\)/, 'form')]] : [],
  );
  return { kind, ...Object.fromEntries(selectors) } as Record<string, string>;
}

/** Kind and roles, as a run notes them. */
const noted = ({ kind, ...roles }: Record<string, string>): string => [kind, ...Object.keys(roles)].join(' ');

function secretsOf(password: string): PlantedSecret[] {
  return [
    { name: 'password', value: password, kind: 'password' },
    { name: 'ada', value: practice.ada.username, kind: 'password' },
    { name: 'grace', value: practice.grace.username, kind: 'password' },
    { name: 'seed', value: practice.grace.totp, kind: 'seed' },
  ];
}

const ACTIVE = /<script|<link|<style|<base|<!--| on[a-z]+="[^"]|javascript:|<input[^>]*type="hidden"[^>]*value=/i;

/** What lies beside the fields hardly differs from one to the next. */
const ORNAMENTED = ['japanese', 'crowded', 'honeypot', 'remember-me', 'prefilled', 'show-password', 'cookie-banner'];
const BACK_AT_THE_FORM = [
  'classic',
  'shadow',
  'iframe',
  'arabic',
  'totp-with-password',
  'spa',
  'identifier-one-page',
  ...triedOf(ORNAMENTED),
];

describe('the page of a run without a login', { timeout: 90_000 }, () => {
  test.each(BACK_AT_THE_FORM)('%s reads as the page itself does', async (variant) => {
    const password = practice.wrong;
    const url = practice.site.url(variant);
    const { html, found, seen } = await capture(url, { username: practice.ada.username, password });
    expect(noted(found)).toBe(seen);
    // A form that comes in steps is another one after the first.
    if (variant !== 'identifier-one-page') {
      await page.goto(url);
      if (variant === 'spa') await page.waitForSelector('input[type=password]');
      expect(found).toEqual(short(await inspectPage(page)));
    }
    expect(searchSecrets(secretsOf(password), [{ name: variant, text: html }])).toEqual([]);
    expect(html).not.toMatch(ACTIVE);
  });

  const elsewhere: [string, 'ada' | 'grace' | 'nobody', 'right' | 'wrong', string][] = [
    ['six-boxes', 'grace', 'right', 'code_step code'],
    ['six-boxes-button', 'grace', 'right', 'code_step code submit'],
    ['totp-one-box', 'grace', 'right', 'code_step code submit'],
    ['identifier-first', 'nobody', 'wrong', 'identifier_step identifier submit'],
    ['identifier-first', 'ada', 'wrong', 'password_step password submit'],
    ['modal', 'ada', 'wrong', 'login identifier password submit'],
    ['captcha', 'ada', 'right', 'other'],
    ['password-expired', 'ada', 'right', 'password_change password new_password submit'],
    ['social-only', 'ada', 'right', 'method_chooser'],
    ['article', 'ada', 'right', 'other'],
  ];
  test.each(triedOf(elsewhere, 2))('%s, as %s with the %s password', async (variant, who, which, expected) => {
    const account = who === 'nobody' ? { username: 'nobody@lindgrove.test', password: '' } : practice[who];
    const password = which === 'right' ? account.password : practice.wrong;
    const { html, found, seen } = await capture(practice.site.url(variant), { username: account.username, password });
    expect([noted(found), seen]).toEqual([expected, expected]);
    expect(searchSecrets(secretsOf(password), [{ name: variant, text: html }])).toEqual([]);
    expect(html).not.toMatch(ACTIVE);
  });

  test('holds nothing of the login and nothing the site keeps for itself', async () => {
    const site = await startLeakySite();
    try {
      const password = randomPassword();
      const username = `ada.${randomBytes(4).toString('hex')}@lindgrove.test`;
      const { html, found, seen } = await capture(site.url, { username, password });
      expect([noted(found), seen]).toEqual(Array(2).fill('login identifier password submit'));
      const secrets = Object.entries({ password, username, ...LEAKS }).map(([name, value]) => ({
        name,
        value,
        kind: 'password' as const,
      }));
      expect(searchSecrets(secrets, [{ name: 'page', text: html }])).toEqual([]);
      expect(html.toLowerCase()).not.toContain(username.toLowerCase());
      expect(html).not.toMatch(/lindgrove|481516|data-|\?[a-z]+=/);
      expect(html).not.toMatch(ACTIVE);
      // What a reader needs of it is there: labels tied to their fields, and what the page said.
      expect(html).toMatch(/<label for="(u-\d+)">Username<\/label><input id="\1" name="username">/);
      expect(html).toContain('Invalid password [redacted]');
      expect(html).toMatch(/<p hidden><span hidden>Nobody sees this|<p hidden>Nobody sees this/);
    } finally {
      await site.close();
    }
  });

  test('a password that is a word of markup takes no markup with it', async () => {
    const { html, found } = await capture(practice.site.url('classic'), {
      username: practice.ada.username,
      password: 'password',
    });
    expect(found).toMatchObject({ kind: 'login' });
    expect(html).toContain('type="password"');
    expect(html).not.toContain('name="password"');
  });

  test('is cut where it is huge, with its form', { timeout: 60_000 }, async () => {
    const site = await startLeakySite(8_000);
    try {
      const { html, seen, found } = await capture(site.url, { username: 'ada', password: randomPassword() });
      expect([noted(found), seen]).toEqual(Array(2).fill('login identifier password submit'));
      expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
    } finally {
      await site.close();
    }
  });

  test('is not there after a login, and nothing was spent on it', async () => {
    const { final, names, timings } = await run(practice.site.url('classic'), {
      username: practice.ada.username,
      password: practice.ada.password,
    });
    expect(final.outcome).toBe('logged_in');
    expect(names).toEqual(['final.png']);
    expect(timings).not.toHaveProperty('copy');
  });
});
