import type { ErrorCode } from '../errors.ts';
import type { AbortReason, JobReply } from '../execution/protocol.ts';
import type { LoginOutcome, OutcomeCode, Stage } from '../login/outcome.ts';
import { OUTCOME_STATUS } from '../login/outcome.ts';
import { explainedByPlanner } from '../login/plan.ts';
import { toJson } from '../storage/json.ts';
import type { Run } from '../storage/rows.ts';
import { failureReason } from './failure-reasons.ts';
import { judge, type RunStatus, type Verdict } from './run.ts';
import { stageReached } from './run-store.ts';

type Details = Record<string, unknown>;

/** Our own failures as outcomes of a run. The rest are `internal`. */
const ERROR_OUTCOME: Partial<Record<ErrorCode, OutcomeCode>> = {
  browser_crashed: 'browser_crashed',
};

/**
 * How a run ended, before it is written. `shutdown`: its process gave it back; `lost`: its process is gone;
 * `no_browser`: its browser did not start. Each of these is an end only where the run cannot go back to the queue.
 */
export type RunEnd =
  | { kind: 'outcome'; code: OutcomeCode; outcome: LoginOutcome | null; details: Details | null }
  | { kind: 'timed_out' }
  | { kind: 'canceled' }
  | { kind: 'shutdown' }
  | { kind: 'lost' }
  | { kind: 'no_browser'; details: Details };

/** The run may be begun again, while no stage was begun. */
export function goesBack({ kind }: RunEnd): boolean {
  return kind === 'shutdown' || kind === 'lost' || kind === 'no_browser';
}

const ABORTED: Record<AbortReason, RunEnd> = {
  canceled: { kind: 'canceled' },
  timed_out: { kind: 'timed_out' },
  shutdown: { kind: 'shutdown' },
};

/** The reply of the executor as the end of the run. */
export function endOf(reply: JobReply): RunEnd {
  if (reply.kind === 'aborted') return ABORTED[reply.reason];
  if (reply.kind === 'outcome') {
    const outcome = reply.outcome;
    return { kind: 'outcome', code: outcome.code, outcome, details: outcome.details };
  }
  const details = { error: reply.error.code, detail: reply.error.detail };
  if (reply.error.code === 'no_browser') return { kind: 'no_browser', details };
  return { kind: 'outcome', code: ERROR_OUTCOME[reply.error.code as ErrorCode] ?? 'internal', outcome: null, details };
}

/** The run's own words, free of secrets. */
export interface Redact {
  text(value: string): string;
  json<T>(value: T): T;
}

export interface FinalFacts {
  status: RunStatus;
  outcome: OutcomeCode | null;
  verdict: Verdict | null;
  failureReason: string | null;
}

/** That something is as expected is never taken from a language model: then nobody can tell. */
function modelsWord(code: OutcomeCode, expect: readonly string[]): Verdict {
  return expect.includes(code) ? 'unknown' : 'failed';
}

/** Status, verdict and sentence of an end, also of one that could not go back to the queue. */
export function finalFacts(run: Run, end: RunEnd, redact: Redact): FinalFacts {
  const facts = (code: OutcomeCode | 'timed_out' | 'canceled', details: Details | null) => {
    const stage: Stage | null = stageReached(run);
    return failureReason(code, { details: redact.json(details), stage, origin: new URL(run.url).origin });
  };
  const expect = run.expect as string[];
  if (end.kind === 'timed_out' || end.kind === 'canceled') {
    return {
      status: end.kind,
      outcome: null,
      verdict: judge(end.kind, null, expect),
      failureReason: facts(end.kind, null),
    };
  }
  const code = codeOf(end);
  const status: RunStatus = OUTCOME_STATUS[code];
  return {
    status,
    outcome: code,
    verdict:
      end.kind === 'outcome' && explainedByPlanner(end.details)
        ? modelsWord(code, expect)
        : judge(status, code, expect),
    failureReason: facts(code, detailsOf(run, end)),
  };
}

function codeOf(end: RunEnd): OutcomeCode {
  if (end.kind === 'outcome') return end.code;
  return end.kind === 'no_browser' ? 'internal' : 'interrupted';
}

/** What the sentence of an end may name. */
function detailsOf(run: Run, end: RunEnd): Details | null {
  if ('details' in end) return end.details;
  return end.kind === 'lost' && stageReached(run) === null ? { claims_in_vain: run.claims_in_vain + 1 } : null;
}

/** The columns a final run gets from the end, redacted. Without an outcome the counts stay as the events left them. */
export function endColumns(end: RunEnd, redact: Redact) {
  const outcome = end.kind === 'outcome' ? end.outcome : null;
  const details = 'details' in end && end.details ? { outcome_details: toJson(redact.json(end.details)) } : {};
  if (!outcome) return { ...details, judged_at: new Date() };
  return {
    ...details,
    site_message: outcome.site_message === null ? null : redact.text(outcome.site_message),
    rule_id: outcome.rule,
    password_proven: outcome.password_proven,
    identifier_submitted: outcome.submissions.identifier,
    password_submitted: outcome.submissions.password,
    code_submitted: outcome.submissions.code,
    steps: outcome.steps,
    judged_at: new Date(outcome.judged_at),
    timings: toJson(outcome.timings),
  };
}
