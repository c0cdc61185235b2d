import type { Evidence, OutcomeCode } from '../login/outcome.ts';
import { OUTCOME_CODES } from '../login/outcome.ts';
import type { Run } from '../storage/rows.ts';

export const RUN_STATUSES = [
  'created',
  'queued',
  'running',
  'paused',
  'completed',
  'failed',
  'terminated',
  'timed_out',
  'canceled',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const FINAL_STATUSES = ['completed', 'failed', 'terminated', 'timed_out', 'canceled'] as const;
export const OPEN_STATUSES = ['created', 'queued', 'running', 'paused'] as const;

export function isFinal(status: string): boolean {
  return (FINAL_STATUSES as readonly string[]).includes(status);
}

export type Verdict = 'passed' | 'failed' | 'unknown';

const LOGGED_IN: readonly string[] = ['logged_in', 'already_logged_in'];

/** A caller that expects anything but a login wants the password tried: a live session proves nothing about it. */
export function expectsLogin(expect: readonly string[]): boolean {
  return expect.every((code) => LOGGED_IN.includes(code));
}

/**
 * Whether what happened is what the caller expected. `unknown` when the run ended without an answer of the site and
 * that was not expected.
 */
export function judge(status: RunStatus, outcome: string | null, expect: readonly string[]): Verdict | null {
  if (!isFinal(status)) return null;
  const met =
    outcome !== null && (expect.includes(outcome) || (outcome === 'already_logged_in' && expect.includes('logged_in')));
  if (met) return 'passed';
  return status === 'failed' || status === 'timed_out' || status === 'canceled' ? 'unknown' : 'failed';
}

/** The expectation of a request: one code or several; `logged_in` when left out. */
export function expectedCodes(expect: OutcomeCode | OutcomeCode[] | undefined): OutcomeCode[] {
  if (expect === undefined) return ['logged_in'];
  const codes = Array.isArray(expect) ? expect : [expect];
  return OUTCOME_CODES.filter((code) => codes.includes(code));
}

/** What can be waited for. */
export const AWAITED = ['code', 'magic_link', 'approval'] as const;
/** Where it comes from: the seed, a mail, an SMS, the customer's endpoint, another device. */
export const CHANNELS = ['authenticator', 'email', 'text', 'url', 'device'] as const;

/** What a running run waits for. Times ISO 8601 UTC. */
export interface Awaiting {
  kind: (typeof AWAITED)[number];
  channel: (typeof CHANNELS)[number];
  /** To be matched on the other device, where the site shows one. */
  number?: string | null;
  /** Where the code is expected to arrive, masked. */
  identifier: string | null;
  since: string;
  /** When the code is expected, or waiting for it ends. */
  deadline: string;
}

/** What GET …/test/{run} answers. Times ISO 8601 UTC. */
export interface RunView {
  credential_id: string;
  workflow_run_id: string;
  status: RunStatus;
  failure_reason: string | null;
  browser_profile_id: string | null;
  tested_url: string | null;
  browser_profile_failure_reason: string | null;
  outcome: OutcomeCode | null;
  outcome_details: Record<string, unknown> | null;
  verdict: Verdict | null;
  password_proven: boolean | null;
  site_message: string | null;
  evidence: Evidence[];
  terminate_rule: string | null;
  awaiting: Awaiting | null;
  submissions: { identifier: number; password: number; code: number };
  steps: number;
  created_at: string;
  started_at: string | null;
  judged_at: string | null;
  finished_at: string | null;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** The row as it is answered. The Json columns hold what this folder wrote. */
export function runView(row: Run): RunView {
  // What was begun and never told of counts as sent: the run is never tried again for it.
  const mayHaveSigned = row.finished_at !== null && row.passkey_given_at !== null;
  return {
    credential_id: row.credential_id,
    workflow_run_id: row.id,
    status: row.status as RunStatus,
    failure_reason: row.failure_reason,
    browser_profile_id: row.browser_profile_id,
    tested_url: row.tested_url,
    browser_profile_failure_reason: row.browser_profile_failure_reason,
    outcome: row.outcome as OutcomeCode | null,
    outcome_details: row.outcome_details as Record<string, unknown> | null,
    verdict: row.verdict as Verdict | null,
    password_proven: row.password_proven,
    site_message: row.site_message,
    evidence: row.evidence as unknown as Evidence[],
    terminate_rule: row.rule_id,
    awaiting: row.awaiting as Awaiting | null,
    submissions: {
      identifier: row.identifier_submitted,
      password: row.password_submitted,
      code: mayHaveSigned ? 1 : row.code_submitted,
    },
    steps: row.steps,
    created_at: row.created_at.toISOString(),
    started_at: iso(row.started_at),
    judged_at: iso(row.judged_at),
    finished_at: iso(row.finished_at),
  };
}
