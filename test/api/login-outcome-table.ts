import type { OutcomeCode } from '../../src/login/outcome.ts';

/** What a run must say about one door of the practice site. */
export interface Expected {
  outcome: OutcomeCode;
  /** The site's own words, or a part of them; null where it says none. */
  words?: string | null;
  details?: Record<string, unknown>;
  /** Passwords and codes that reach the server. */
  password?: number;
  code?: number;
  /** Other answers that reach the server: to questions after the password, or of an identity provider. */
  extra?: number;
  profile?: boolean;
}

export interface Door {
  variant: string;
  /** Uses the account with a TOTP seed. */
  codes?: boolean;
  nameless?: boolean;
  /** Its session lies or lives as at no other door. */
  session?: true;
  /** Further fields the credential can answer. */
  extra?: Record<string, string>;
  wrong: Expected;
  right: Expected;
}

const REFUSED = 'Invalid username or password.';
const wrong: Expected = { outcome: 'wrong_credentials', words: REFUSED, password: 1 };
const right: Expected = { outcome: 'logged_in', password: 1, profile: true };
const plain = (variant: string): Door => ({ variant, wrong, right });
const withCode = (variant: string): Door => ({ variant, codes: true, wrong, right: { ...right, code: 1 } });
/** A door behind which questions are answered, so many of them. */
const asking = (variant: string, extra: number): Door => ({ variant, wrong, right: { ...right, extra } });
/** A door that says the same whatever the password. */
const closed = (variant: string, expected: Expected): Door => ({ variant, wrong: expected, right: expected });
/** A door behind which something more is asked. */
const asksMore = (variant: string, expected: Expected): Door => ({
  variant,
  wrong,
  right: { password: 1, ...expected },
});
const challenge = (variant: string): Door => ({
  variant,
  session: true,
  wrong: { outcome: 'wrong_credentials', words: null, password: 1 },
  right: { outcome: 'logged_in', password: 1, profile: false },
});

/** Every door whose answer the engine must read. */
export const DOORS: readonly Door[] = [
  plain('classic'),
  {
    variant: 'identifier-first',
    wrong,
    right,
  },
  {
    variant: 'identifier-one-page',
    wrong,
    right,
  },
  { ...withCode('spa'), session: true },
  { ...withCode('spa-cookie'), session: true },
  { ...plain('spa-session-storage'), session: true },
  { ...plain('spa-indexeddb'), session: true },
  plain('modal'),
  withCode('totp-one-box'),
  withCode('six-boxes'),
  withCode('six-boxes-button'),
  { ...withCode('totp-with-password'), wrong: { ...wrong, code: 1 } },
  withCode('code-in-same-form'),
  withCode('choose-links'),
  withCode('choose-other'),
  // In German, French and Japanese.
  ...['buttons', 'radios', 'tabs'].map((choice) => ({
    ...withCode(`choose-${choice}`),
    wrong: { outcome: 'wrong_credentials', password: 1 } as const,
  })),
  plain('slow'),
  plain('slow-landing'),
  { variant: 'password-only', nameless: true, wrong, right },
  plain('wrong-password'),
  closed('locked', { outcome: 'account_locked', details: { retry_after: 900 } }),
  closed('rate-limited', { outcome: 'rate_limited', details: { retry_after: 600 } }),
  asksMore('captcha', { outcome: 'captcha' }),
  asksMore('extra-question', { outcome: 'needs_more_information' }),
  asksMore('phone-number', { outcome: 'needs_more_information' }),
  asksMore('password-expired', { outcome: 'password_expired' }),
  plain('stay-signed-in'),
  plain('cookie-banner'),
  plain('late-error'),
  plain('soft-success'),
  plain('error-on-success'),
  plain('error-with-200'),
  { ...plain('rotating-session'), session: true },
  { ...plain('single-session'), session: true },
  challenge('basic'),
  challenge('digest-md5'),
  challenge('digest-sha-256'),
  plain('iframe'),
  plain('shadow'),
  closed('social-only', { outcome: 'unsupported_method', password: 0 }),
  closed('article', { outcome: 'not_a_login_page', password: 0 }),
  plain('crowded'),
  plain('honeypot'),
  plain('remember-me'),
  plain('prefilled'),
  plain('show-password'),
  plain('method-chooser'),
  plain('another-way'),
  plain('code-or-password'),
  plain('password-among-others'),
  plain('account-chooser'),
  plain('other-account'),
  asking('consent', 1),
  asking('terms', 1),
  asking('passkey-nag', 1),
  asking('reminder', 1),
  asking('stay-or-leave', 1),
  asking('questions-in-a-row', 3),
  plain('unnamed-way-out'),
  asking('provider', 1),
  asking('provider-form', 1),
  asking('provider-slow-form', 1),
  asking('provider-stays', 1),
  closed('provider-in-frame', { outcome: 'egress_denied', password: 0 }),
  plain('pop-up'),
  plain('nested-shadow'),
  closed('closed-shadow', { outcome: 'not_a_login_page', password: 0 }),
  closed('fixed-name', { outcome: 'not_a_login_page', password: 0 }),
  plain('floating-label'),
  { ...plain('company'), extra: { company: 'Lindgrove North' } },
  { ...plain('domain'), extra: { Domain: 'Lindgrove North' } },
  { ...plain('company-first'), extra: { Company: 'Lindgrove North' } },
  withCode('code-in-frame'),
  withCode('trust-device'),
  plain('toast'),
  plain('slow-toast'),
  { variant: 'invalid-only', wrong: { outcome: 'rejected', words: null, password: 1 }, right },
  { variant: 'arabic', wrong: { outcome: 'wrong_credentials', password: 1 }, right },
  { variant: 'japanese', wrong: { outcome: 'wrong_credentials', password: 1 }, right },
];
