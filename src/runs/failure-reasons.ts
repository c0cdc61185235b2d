import type { OutcomeCode, Stage } from '../login/outcome.ts';

/** What a sentence may name. Values come redacted. */
export interface FailureFacts {
  details: Record<string, unknown> | null;
  /** The last stage that was begun. */
  stage: Stage | null;
  origin: string;
}

type Sentence = (facts: FailureFacts) => string;
type Failure = Exclude<OutcomeCode, 'logged_in' | 'already_logged_in'> | 'timed_out' | 'canceled';

const text = (facts: FailureFacts, name: string): string | null => {
  const value = facts.details?.[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const retryAfter = (facts: FailureFacts): string => {
  const seconds = facts.details?.retry_after;
  if (typeof seconds !== 'number') return 'wait before the next attempt';
  return seconds >= 120
    ? `wait ${Math.ceil(seconds / 60)} minutes before the next attempt`
    : `wait ${seconds} seconds before the next attempt`;
};

/** Begun, and maybe sent. */
const REACHED: Record<Stage, string> = {
  identifier: 'at the username',
  extra: 'at an extra field',
  password: 'at the password',
  code: 'at the one-time code or passkey',
};

const reached = (facts: FailureFacts): string => (facts.stage ? REACHED[facts.stage] : 'before anything was typed');

const nextAfterStage = (facts: FailureFacts): string =>
  facts.stage
    ? 'check the account by hand before another run, because a submission may have reached the site'
    : 'nothing was submitted, so the run may be started again';

const WRONG_PART: Record<string, string> = {
  identifier: 'The site does not know this username; correct the username of the credential.',
  password: 'The site says the password is wrong; update the password of the credential.',
};

const WRONG_CODE: Record<string, Sentence> = {
  passkey: () => 'The site refused the passkey; make a new one there and update the credential.',
  seed: () =>
    'The site refused the one-time code although it was of the right moment; the seed is wrong, set it up anew and update the credential.',
  clock: (facts) =>
    `The site refused the one-time code; its clock is ${Math.abs(Number(facts.details?.clock_offset_seconds))} s ${Number(facts.details?.clock_offset_seconds) > 0 ? 'ahead of' : 'behind'} ours, set the clock of this machine right.`,
};

const UNREACHABLE: Record<string, string> = {
  dns: 'The host name of the login page does not resolve; check the spelling of the URL.',
  tls: 'No secure connection to the login page could be made; check the certificate of the site.',
  http: 'The login page answered with an error of its own; try again when the site is well.',
  refused: 'The login page refused the connection; check the address and port and whether the site is up.',
  slow: 'The login page did not answer in time; try again when the site is well.',
};

const LOCKED: Record<string, string> = {
  suspended: 'The site says the account is suspended; have it reinstated there.',
  disabled: 'The site says the account is disabled; have it enabled there.',
};

/** Why a form that was filled in was not sent. */
const NOT_SENT: Record<string, string> = {
  form_gone:
    'The page took its form away each time it was filled in, and nothing was submitted; look at the screenshot and log in once by hand.',
  not_filled:
    'A field of the form could not be typed into, and nothing was submitted; look at the screenshot and log in once by hand.',
  not_valid:
    'The page does not take what was typed, by a check of its own, and nothing was submitted; read in the evidence which field it is.',
  not_clicked:
    'The form was filled in, its button could not be clicked, and nothing was submitted; look at the screenshot for what it waits for.',
};

/** What a vault says where it gives no secret. */
const VAULT_ERRORS = [
  'vault_failed',
  'vault_busy',
  'vault_refused',
  'vault_not_configured',
  'not_found',
  'invalid_totp',
];

const ourFailure: Sentence = (facts) => {
  if (text(facts, 'error') === 'no_browser') {
    return `The browser did not start ${reached(facts)}; look whether the service's temporary folder is full, its processes are limited or a library is missing, and ${nextAfterStage(facts)}.`;
  }
  const words = text(facts, 'detail');
  if (words === null || !VAULT_ERRORS.includes(text(facts, 'error') ?? '')) {
    return `Something failed on our side ${reached(facts)}; ${nextAfterStage(facts)}.`;
  }
  const next = facts.stage ? nextAfterStage(facts) : 'check the vault and the item in it, then start the run again';
  return `The vault did not give the secret ${reached(facts)} (${words.replace(/[.\s]+$/, '')}); ${next}.`;
};

/** One human sentence with the next step, for every way a run ends without a login. */
export const FAILURE_REASONS: Record<Failure, Sentence> = {
  wrong_credentials: (facts) =>
    WRONG_PART[text(facts, 'part') ?? ''] ??
    'The site refused the username or the password; update the credential before the next run.',
  wrong_code: (facts) =>
    WRONG_CODE[text(facts, 'cause') ?? '']?.(facts) ??
    'The site refused the one-time code; check where the code comes from and the clock of this machine.',
  code_timeout: () => 'The one-time code did not arrive in time; check where it is sent and start the run again.',
  code_source_missing: ({ details }) =>
    Array.isArray(details?.offered)
      ? 'The site lets its user choose a second factor and the credential has none of those; add one to the credential.'
      : 'The site asks for a one-time code and the credential has no source for it; add a TOTP seed to the credential.',
  account_locked: (facts) =>
    LOCKED[text(facts, 'kind') ?? ''] ??
    (typeof facts.details?.retry_after === 'number'
      ? `The site says the account is locked; ${retryAfter(facts)}.`
      : 'The site says the account is locked; unlock it there before the next run.'),
  rate_limited: (facts) => `The site says there were too many attempts; ${retryAfter(facts)}.`,
  password_expired: () =>
    'The site demands a new password; change it there and update the credential before the next run.',
  needs_more_information: (facts) => {
    const field = text(facts, 'field');
    return field
      ? `The site asks for something the credential does not hold (${field}); answer it once by hand or add it as an extra field.`
      : 'The site asks for something the credential does not hold; answer it once by hand or add it as an extra field.';
  },
  needs_approval: () =>
    'The site waits for an approval on another device; approve it there during the run or switch the account to a code.',
  captcha: () =>
    'The site shows a captcha, which Keyturn does not solve; ask the site to exempt this account or address.',
  blocked_by_site: () =>
    'The site blocked the login as suspicious; confirm there that it was you, or ask the site to allow this address.',
  unsupported_method: () =>
    'The page offers no password login, only other methods; give a URL where a username and password are asked for.',
  rejected: () =>
    'The site did not let the login through and gave no reason that is known; read site_message and the evidence, and log in once by hand.',
  second_submission_blocked: () =>
    'The page was about to send the secret a second time and was stopped; look at the evidence and check the account.',
  known_rejected: () =>
    'The site has refused this very secret before; update the credential, then start the run again.',
  cooldown: (facts) => `The site named a waiting time that is not over; ${retryAfter(facts)}.`,
  not_a_login_page: (facts) =>
    text(facts, 'reason') === 'other_account'
      ? 'The page is set to another account and does not let its name be changed; give a URL where the username can be typed.'
      : 'There is nothing to log in with on this page; give the URL of the page that asks for the username or password.',
  unreachable: (facts) =>
    UNREACHABLE[text(facts, 'kind') ?? ''] ?? 'The login page could not be reached; check the URL and the network.',
  egress_denied: (facts) => {
    const origin = text(facts, 'origin');
    const address = text(facts, 'address');
    if (origin)
      return `The login led to ${origin}, where this credential may not be typed; add that origin to its allowed_origins.`;
    if (address && text(facts, 'reason') === 'own')
      return `The page led to ${address} at a port of Keyturn or of a server it uses, where no page may go; give another URL.`;
    if (address)
      return `The page led to the address ${address}, which is not allowed; name its network in KEYTURN_ALLOW_NETWORKS to allow it.`;
    return 'The page led to an address that is not allowed; read in the evidence which, and give another URL or allow it.';
  },
  step_limit: (facts) =>
    `The login took more steps than the workflow allows and stopped ${reached(facts)}; ${nextAfterStage(facts)}.`,
  inconclusive: (facts) =>
    NOT_SENT[text(facts, 'reason') ?? ''] ??
    `The page gave no sure sign of success or failure and the run stopped ${reached(facts)}; look at the screenshot and check the account by hand.`,
  browser_crashed: (facts) => `The browser crashed ${reached(facts)}; ${nextAfterStage(facts)}.`,
  interrupted: (facts) => {
    const claims = facts.details?.claims_in_vain;
    return typeof claims === 'number'
      ? `The run was begun ${claims} times and came no further, the last time because its process was lost; see in the log of the service why it ended (a page that takes all memory does that), then start the run again.`
      : `The service stopped ${reached(facts)}; ${nextAfterStage(facts)}.`;
  },
  internal: ourFailure,
  timed_out: (facts) => `The run took longer than its limit and stopped ${reached(facts)}; ${nextAfterStage(facts)}.`,
  canceled: (facts) => `The run was canceled ${reached(facts)}; ${nextAfterStage(facts)}.`,
};

/** The failure sentence of a final run; null for a login. */
export function failureReason(end: OutcomeCode | 'timed_out' | 'canceled', facts: FailureFacts): string | null {
  if (end === 'logged_in' || end === 'already_logged_in') return null;
  return FAILURE_REASONS[end](facts);
}
