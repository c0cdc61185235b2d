import type { FrameLocator, Locator, Page } from 'playwright';
import type { PracticeAccount } from '../../src/practice/accounts.ts';
import { TEXTS } from '../../src/practice/texts.ts';

/** How a person signs in to a variant and what they see. Written by hand: what the page says is the measure. */
export interface HandWritten {
  /** Fills in name and password and sends them. The form is open; `again` when an error stands above it. */
  give(page: Page, account: PracticeAccount, again: boolean, code: () => string): Promise<void>;
  /** Fills the code in and sends it. */
  giveCode?(page: Page, code: string): Promise<void>;
  /** Where the form and its error are. */
  where?(page: Page): Page | FrameLocator;
  wrong?: string;
  /** What a right password (and code) leads to, if not to the account page. */
  right?: string;
  /** Uses the account with a seed. */
  codes?: boolean;
  /** The error goes away by itself. */
  toast?: boolean;
  /** What stands on the login page when nobody is signed in, if not the button of the form. */
  door?(page: Page): Locator;
}

const { en, ar, ja } = TEXTS;

/** Name, password and the button of their form. */
export async function giveBoth(
  where: Page | FrameLocator,
  account: PracticeAccount,
  t: typeof en | typeof ar | typeof ja = en,
) {
  await where.getByLabel(t.username, { exact: true }).fill(account.username);
  await where.getByLabel(t.password, { exact: true }).fill(account.password);
  const form = where.locator('form').filter({ has: where.locator('input[name=password]') });
  await form.getByRole('button', { name: t.signIn }).click();
}

const byForm: HandWritten = { give: (page, account) => giveBoth(page, account) };
const inTwoSteps: HandWritten = {
  async give(page, account, again) {
    if (!again) {
      await page.getByLabel(en.username).fill(account.username);
      await page.getByRole('button', { name: en.next }).click();
    }
    await page.getByLabel(en.password).fill(account.password);
    await page.getByRole('button', { name: en.signIn }).click();
  },
};
const passwordAfter = async (page: Page, account: PracticeAccount, again: boolean, choice: Locator) => {
  if (!again) await choice.click();
  await page.getByLabel(en.password).fill(account.password);
  await page.getByRole('button', { name: en.signIn }).click();
};
/** The name, then these choices one after the other, then the password. */
const afterName = (choices: string[]): HandWritten => ({
  async give(page, account, again) {
    if (!again) {
      await page.getByLabel(en.username).fill(account.username);
      await page.getByRole('button', { name: en.next }).click();
      for (const name of choices) await page.getByRole('link', { name }).click();
    }
    await page.getByLabel(en.password).fill(account.password);
    await page.getByRole('button', { name: en.signIn }).click();
  },
  door: (page) => page.getByRole('button', { name: en.next }),
});
const oneBox = async (page: Page, code: string) => {
  await page.getByLabel(en.code).fill(code);
  await page.getByRole('button', { name: en.verify }).click();
};
const byDigits = async (page: Page, code: string) => {
  for (const [index, digit] of [...code].entries())
    await page.getByLabel(`Digit ${index + 1}`).pressSequentially(digit);
};

/** By variant. */
export const BY_HAND: Record<string, HandWritten> = {
  classic: byForm,
  'identifier-first': inTwoSteps,
  'identifier-one-page': inTwoSteps,
  spa: { ...byForm, codes: true, giveCode: oneBox },
  'spa-cookie': { ...byForm, codes: true, giveCode: oneBox },
  'spa-session-storage': byForm,
  'spa-indexeddb': byForm,
  modal: {
    async give(page, account, again) {
      if (!again) await page.getByRole('button', { name: en.signIn }).click();
      await giveBoth(page, account);
    },
  },
  'totp-one-box': { ...byForm, codes: true, giveCode: oneBox },
  'choose-links': {
    ...byForm,
    codes: true,
    async giveCode(page, code) {
      await page.getByRole('link', { name: 'Use your authenticator app' }).click();
      await oneBox(page, code);
    },
  },
  'choose-other': {
    ...byForm,
    codes: true,
    async giveCode(page, code) {
      await page.getByRole('link', { name: 'Try another way' }).click();
      await page.getByRole('link', { name: 'Use your authenticator app' }).click();
      await oneBox(page, code);
    },
  },
  'six-boxes': { ...byForm, codes: true, giveCode: byDigits },
  'six-boxes-button': {
    ...byForm,
    codes: true,
    async giveCode(page, code) {
      await byDigits(page, code);
      await page.getByRole('button', { name: en.verify }).click();
    },
  },
  'totp-with-password': {
    codes: true,
    async give(page, account, _again, code) {
      await page.getByLabel(en.code).fill(code());
      await giveBoth(page, account);
    },
  },
  'code-in-same-form': {
    ...byForm,
    codes: true,
    async giveCode(page, code) {
      await page.getByLabel(en.code).fill(code);
      await page.getByRole('button', { name: en.signIn }).click();
    },
  },
  slow: byForm,
  'slow-landing': byForm,
  'password-only': {
    async give(page, account) {
      await page.getByLabel(en.password).fill(account.password);
      await page.getByRole('button', { name: en.signIn }).click();
    },
  },
  'wrong-password': byForm,
  locked: { ...byForm, wrong: 'Your account is locked. Try again in 15 minutes.', right: 'Your account is locked.' },
  'rate-limited': {
    ...byForm,
    wrong: 'Too many attempts. Please try again in 10 minutes.',
    right: 'Too many attempts.',
  },
  captcha: { ...byForm, right: 'Please confirm that you are not a robot.' },
  'extra-question': { ...byForm, right: 'What was the name of your first pet?' },
  'phone-number': { ...byForm, right: 'we need a phone number' },
  'password-expired': { ...byForm, right: 'You must change your password to continue.' },
  'stay-signed-in': { ...byForm, right: 'Stay signed in?' },
  'cookie-banner': {
    async give(page, account, again) {
      if (!again) await page.getByRole('button', { name: 'Only what is needed' }).click();
      await giveBoth(page, account);
    },
  },
  'late-error': byForm,
  'error-on-success': byForm,
  'error-with-200': byForm,
  'soft-success': {
    async give(page, account) {
      await giveBoth(page, account);
      await page.getByRole('link', { name: en.account }).click();
    },
    wrong: '',
  },
  'rotating-session': byForm,
  'single-session': byForm,
  iframe: {
    where: (page) => page.frameLocator('iframe'),
    give: (page, account) => giveBoth(page.frameLocator('iframe'), account),
  },
  shadow: byForm,
  crowded: byForm,
  honeypot: byForm,
  'remember-me': byForm,
  prefilled: {
    async give(page, account) {
      await page.getByLabel(en.password).fill(account.password);
      await page.getByRole('button', { name: en.signIn }).click();
    },
  },
  'show-password': {
    async give(page, account) {
      await page.getByRole('button', { name: 'Show password' }).click();
      await giveBoth(page, account);
    },
  },
  'method-chooser': afterName(['Use your password']),
  'another-way': afterName(['Try another way', 'Use your password']),
  'code-or-password': afterName(['Use password instead']),
  'password-among-others': {
    async give(page, account, again) {
      if (!again) await page.getByRole('link', { name: 'Continue with password' }).click();
      await giveBoth(page, account);
    },
    door: (page) => page.getByRole('link', { name: 'Continue with password' }),
  },
  'account-chooser': {
    give: (page, account, again) =>
      passwordAfter(page, account, again, page.getByRole('button', { name: account.username })),
    door: (page) => page.getByRole('link', { name: 'Use another account' }),
  },
  'other-account': {
    async give(page, account, again) {
      if (!again) await page.getByRole('link', { name: 'Use another account' }).click();
      await inTwoSteps.give(page, account, again, () => '');
    },
    door: (page) => page.getByRole('link', { name: 'Use another account' }),
  },
  consent: { ...byForm, right: 'wants to access your account' },
  terms: { ...byForm, right: 'We have updated our terms' },
  'passkey-nag': { ...byForm, right: 'Create a passkey' },
  reminder: { ...byForm, right: 'Remind me later' },
  'stay-or-leave': { ...byForm, right: 'Stay signed in?' },
  'questions-in-a-row': { ...byForm, right: 'Create a passkey' },
  'nested-shadow': byForm,
  'floating-label': byForm,
  company: {
    async give(page, account) {
      await page.getByLabel('Company').fill('Lindgrove North');
      await giveBoth(page, account);
    },
  },
  domain: {
    async give(page, account) {
      await page.getByLabel('Domain').selectOption('Lindgrove North');
      await giveBoth(page, account);
    },
  },
  'company-first': {
    async give(page, account, again) {
      if (!again) {
        await page.getByLabel('Company').fill('Lindgrove North');
        await page.getByRole('button', { name: 'Continue' }).click();
      }
      await giveBoth(page, account);
    },
    door: (page) => page.getByLabel('Company'),
  },
  'code-in-frame': {
    ...byForm,
    codes: true,
    async giveCode(page, code) {
      const frame = page.frameLocator('iframe');
      await frame.getByLabel(en.code).fill(code);
      await frame.getByRole('button', { name: en.verify }).click();
    },
  },
  'trust-device': { ...byForm, codes: true, giveCode: oneBox },
  toast: { ...byForm, toast: true },
  'slow-toast': { ...byForm, toast: true },
  'invalid-only': { ...byForm, wrong: '' },
  arabic: { give: (page, account) => giveBoth(page, account, ar), wrong: ar.wrong[0] },
  japanese: { give: (page, account) => giveBoth(page, account, ja), wrong: ja.wrong[0] },
};
