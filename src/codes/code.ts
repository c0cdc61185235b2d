import type { Code } from '../storage/rows.ts';
import type { OtpType } from './extract/find-code.ts';
import type { SenderVerdict } from './sender-verdict.ts';

export const CODE_STATES = ['waiting', 'used', 'expired'] as const;
export type CodeState = (typeof CODE_STATES)[number];

/** How a code found its run: it was named for the run, for the run's workflow, or for the account. */
export const MATCHES = ['run', 'workflow', 'identifier'] as const;
export type Match = (typeof MATCHES)[number];

/** A code as the API shows it. Times ISO 8601 UTC. */
export interface CodeView {
  totp_code_id: string;
  totp_identifier: string;
  /** Shown while it waits, to those who may read codes; null otherwise. */
  code: string | null;
  otp_type: OtpType;
  organization_id: string;
  workflow_run_id: string | null;
  workflow_id: string | null;
  task_id: string | null;
  source: string | null;
  /** What is known of the sender of the mail it came in; null when it came in none. */
  sender_verdict: SenderVerdict | null;
  state: CodeState;
  used_by_run_id: string | null;
  matched_by: Match | null;
  created_at: string;
  modified_at: string;
  expired_at: string;
}

/** A code that nobody took by its end is expired, whether or not it was swept yet. */
export function stateOf(row: Code, now: Date): CodeState {
  return row.state === 'waiting' && row.expired_at <= now ? 'expired' : (row.state as CodeState);
}

export function codeView(row: Code, code: string | null, now = new Date()): CodeView {
  return {
    totp_code_id: row.id,
    totp_identifier: row.totp_identifier,
    code,
    otp_type: row.otp_type as OtpType,
    organization_id: row.organization_id,
    workflow_run_id: row.workflow_run_id,
    workflow_id: row.workflow_id,
    task_id: row.task_id,
    source: row.source,
    sender_verdict: row.sender_verdict as SenderVerdict | null,
    state: stateOf(row, now),
    used_by_run_id: row.used_by_run_id,
    matched_by: row.matched_by as Match | null,
    created_at: row.created_at.toISOString(),
    modified_at: row.modified_at.toISOString(),
    expired_at: row.expired_at.toISOString(),
  };
}
