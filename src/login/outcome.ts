/** What the site's answer means, or why there is none, and the run status each leads to. */
export const OUTCOME_STATUS = {
  logged_in: 'completed',
  already_logged_in: 'completed',
  wrong_credentials: 'terminated',
  wrong_code: 'terminated',
  code_timeout: 'terminated',
  code_source_missing: 'terminated',
  account_locked: 'terminated',
  rate_limited: 'terminated',
  password_expired: 'terminated',
  needs_more_information: 'terminated',
  needs_approval: 'terminated',
  captcha: 'terminated',
  blocked_by_site: 'terminated',
  unsupported_method: 'terminated',
  rejected: 'terminated',
  second_submission_blocked: 'terminated',
  known_rejected: 'terminated',
  cooldown: 'terminated',
  not_a_login_page: 'failed',
  unreachable: 'failed',
  egress_denied: 'failed',
  step_limit: 'failed',
  inconclusive: 'failed',
  browser_crashed: 'failed',
  interrupted: 'failed',
  internal: 'failed',
} as const satisfies Record<string, 'completed' | 'terminated' | 'failed'>;

export type OutcomeCode = keyof typeof OUTCOME_STATUS;
export const OUTCOME_CODES = Object.keys(OUTCOME_STATUS) as OutcomeCode[];

/** The stages of a login. Each is submitted to the site at most once in a run. */
export const STAGES = ['identifier', 'password', 'code', 'extra'] as const;
export type Stage = (typeof STAGES)[number];

/** A named signal that speaks for (positive weight) or against (negative) the outcome, in words a person can check. */
export interface Evidence {
  signal: string;
  weight: number;
  text: string;
  /** Name of the screenshot that shows it. */
  artifact?: string;
}

/** The rules of a workflow's terminate criterion. */
export type TerminateRuleId = 'error_after_attempt' | 'asks_for_more' | 'submitted_without_success';

/**
 * A session as it is kept in a profile. `storage_state` is Playwright's, verbatim and opaque: its types leave fields
 * out, and a schema that strips them destroys sessions.
 */
export interface SessionState {
  storage_state: unknown;
  /** sessionStorage by origin. */
  session_storage: Record<string, Record<string, string>>;
  passkeys: unknown[];
  /** The browser context options it was made with (user agent, viewport, locale …). */
  context_options: Record<string, unknown>;
  /** Where it was seen to work. Not part of an export; null after an import. */
  landing_url: string | null;
}

/** What one login came to. Plain data: it crosses the thread boundary. Never holds a secret except in `session`. */
export interface LoginOutcome {
  code: OutcomeCode;
  /** e.g. `{part: 'password'}`, `{kind: 'locked', retry_after: 900}`, `{field: 'phone number'}`, `{address: '10.0.0.1'}`. */
  details: Record<string, unknown> | null;
  /** The site's own words, redacted. */
  site_message: string | null;
  evidence: Evidence[];
  /** The terminate rule that fired, when status is `terminated`. */
  rule: TerminateRuleId | null;
  /** Whether the site accepted the password in this run. */
  password_proven: boolean;
  submissions: { identifier: number; password: number; code: number };
  steps: number;
  /** How far it came: the last stage that was begun, or null. */
  stage: Stage | null;
  /** Where the session was seen to work, without callback parameters. Null unless logged in. */
  landing_url: string | null;
  /** Origins that took part in the login (for pinning), the login page's first. */
  origins: string[];
  /** The restore-tested session, when saving was asked for and worked. */
  session: SessionState | null;
  /** Why a wished-for session is not there: `no_session`, `restore_failed`, `capture_failed`. Null otherwise. */
  session_failure: string | null;
  /** Unix milliseconds of the moment the outcome was decided (before the session was saved). */
  judged_at: number;
  /** Milliseconds spent by part: open, observe, credential, fill, submit, judge, control, restore, capture … */
  timings: Record<string, number>;
}
