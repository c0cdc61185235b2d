/**
 * What the engine asks a planner (a language model, on main's side) when it is unsure itself, and what may come back:
 * plain data without secrets. An answer is an action from a closed list on an element of the list that was sent.
 */

/**
 * `find_login`: there seems to be nothing to log in with. `find_submit`: a form was found, nothing that sends it.
 * `what_now`: after the name alone was sent the page is not understood. `judge`: neither is it after the password.
 */
export const PLAN_QUESTIONS = ['find_login', 'find_submit', 'what_now', 'judge'] as const;
export type PlanQuestion = (typeof PLAN_QUESTIONS)[number];

export const PLAN_ACTIONS = ['click', 'fill', 'refused', 'nothing'] as const;
export type PlanAction = (typeof PLAN_ACTIONS)[number];

/** What may be answered to each. Once the password is out nothing is clicked on a planner's word. */
export const ACTIONS_FOR: Record<PlanQuestion, readonly PlanAction[]> = {
  find_login: ['click', 'fill', 'nothing'],
  find_submit: ['click', 'nothing'],
  what_now: ['click', 'fill', 'refused', 'nothing'],
  judge: ['fill', 'refused', 'nothing'],
};

/** What a planner may explain a refusal with. Success is not among them: it is proven or it is not. */
export const PLAN_OUTCOMES = [
  'wrong_credentials',
  'wrong_code',
  'account_locked',
  'rate_limited',
  'password_expired',
  'needs_more_information',
  'needs_approval',
  'captcha',
  'blocked_by_site',
  'rejected',
] as const;
export type PlanOutcome = (typeof PLAN_OUTCOMES)[number];

/** A field or something to click. Its place in the list is its number. */
export interface PlanControl {
  kind: 'field' | 'button' | 'link';
  /** Of a field: text, email, password … */
  type: string;
  /** What is written on and around it, and what its author called it. */
  words: string;
  /** Controls of one form have the same number. */
  form: number | null;
}

/** A line of visible text. Its place in the list is its number. */
export interface PlanLine {
  text: string;
  /** It was not there before the last submission. */
  new: boolean;
}

export interface PlanRequest {
  question: PlanQuestion;
  controls: PlanControl[];
  lines: PlanLine[];
  /** An answer that takes longer is of no use. */
  within_ms: number;
}

export type Plan =
  | { action: 'click'; control: number }
  | {
      action: 'fill';
      username: number | null;
      password: number | null;
      code: number | null;
      /** Null: Enter in the last field. */
      submit: number | null;
    }
  | { action: 'refused'; outcome: PlanOutcome; line: number }
  | { action: 'nothing' };

/** Why there is no plan, as the end of a sentence about the language model. */
export const PLAN_FAILURES = {
  budget: 'was not asked: what one run may ask of it is used up',
  slow: 'did not answer in time',
  unreachable: 'could not be reached',
  rate_limited: 'answered that it is asked too often (HTTP 429)',
  failed: 'answered with an error',
  refused: 'would not answer',
  cut_off: 'gave an answer that was cut off',
  too_large: 'gave an answer that was too large to be read',
  bad_answer: 'gave an answer that is not of the form that was asked for',
} as const;
export type PlanFailure = keyof typeof PLAN_FAILURES;

export type PlanAnswer = { plan: Plan } | { declined: PlanFailure };

/** In the details of an outcome that rests on a planner's reading of the page. */
export const EXPLAINED_BY_PLANNER = { explained_by: 'planner' } as const;

export function explainedByPlanner(details: Record<string, unknown> | null): boolean {
  return details?.explained_by === EXPLAINED_BY_PLANNER.explained_by;
}
