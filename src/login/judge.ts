import { usable } from './fields/form-group.ts';
import { says } from './fields/words.ts';
import type { Ending, LoginRun } from './login-run.ts';
import { note, quote } from './login-run.ts';
import { meaningOf, type Refusal, soundsLikeError } from './messages.ts';
import type { Look } from './observe.ts';
import type { OutcomeCode, TerminateRuleId } from './outcome.ts';
import { asksToLogIn, type PageState } from './page-state.ts';
import { shortened } from './shortened.ts';
import { placeOf } from './strategies/credentials.ts';

/** Outcomes that mean the site wants something, rather than that it says no. */
const ASKS_FOR_MORE: readonly OutcomeCode[] = [
  'captcha',
  'needs_approval',
  'needs_more_information',
  'password_expired',
];

export function ruleOf(code: OutcomeCode): TerminateRuleId {
  return ASKS_FOR_MORE.includes(code) ? 'asks_for_more' : 'error_after_attempt';
}

/** Longer words of a dialog are cut off. */
const MAX_SPOKEN = 400;

/** New text after a submission, the page's own alerts first. */
function newTexts(run: LoginRun, look: Look): { text: string; spoken: boolean }[] {
  const { messages, lines } = look.observation;
  const spoken = messages
    .filter(({ text, kind }) => !run.before.messages.has(text) && !(kind === 'error' && run.before.lines.has(text)))
    .map(({ text }) => ({ text, spoken: true }));
  const inDialogs = (run.watch?.said ?? []).map((text) => ({ text: shortened(text, MAX_SPOKEN), spoken: true }));
  const plain = lines
    .filter((line) => !run.before.lines.has(line) && line.length <= 300)
    .map((text) => ({ text, spoken: false }));
  // What was said and is gone comes last: what still stands there is the page's word.
  const gone = [...run.heard.texts]
    .filter((text) => !run.before.messages.has(text) && !run.before.lines.has(text))
    .map((text) => ({ text, spoken: true }));
  return [...spoken, ...inDialogs, ...plain, ...gone];
}

/** "Forgot your password?" is an offer, not an answer. */
export function isOffer(text: string): boolean {
  return says('recovery', text) && text.length <= 60;
}

/**
 * What the site said no with, in its own words. `formGone`: on a page without the form only clear words count, since a
 * page behind a login may speak of anything.
 */
export function refusalIn(run: LoginRun, look: Look, formGone: boolean): Refusal | null {
  const texts = newTexts(run, look).filter(({ text }) => !isOffer(text));
  for (const { text, spoken } of texts) {
    const meaning = meaningOf(text);
    if (!meaning) continue;
    if (spoken || !formGone || soundsLikeError(text)) return meaning;
  }
  const unknown = texts.find(({ text, spoken }) => spoken && soundsLikeError(text) && text.length <= 200);
  return unknown ? { code: 'rejected', details: null, text: unknown.text } : null;
}

/** The last submission was the code alone: an answer to it is about the code. */
function onlyCodeSent(run: LoginRun): boolean {
  return run.lastStages.includes('code') && !run.lastStages.includes('password');
}

/**
 * What the status of the answer adds to its words (RFC 9110 §15.5.2, §15.6): with 401 words of no known meaning refuse
 * the credential; with a fault of the server's own "login failed" says nothing about it.
 */
function explained(run: LoginRun, refusal: Refusal): Refusal {
  const status = run.watch?.response?.status() ?? 0;
  if (refusal.code === 'rejected' && status === 401) {
    return { ...refusal, code: 'wrong_credentials', details: { part: 'unknown' } };
  }
  const generic = refusal.code === 'wrong_credentials' && refusal.details?.part === 'unknown';
  return generic && status >= 500 ? { ...refusal, code: 'rejected', details: null } : refusal;
}

/** The refusal as the end of the run. After a code, words that blame nothing in particular blame the code. */
export function endingOf(run: LoginRun, said: Refusal): Ending {
  const refusal = explained(run, said);
  const generic = refusal.code === 'wrong_credentials' && refusal.details?.part === 'unknown';
  const code: OutcomeCode = onlyCodeSent(run) && (generic || refusal.code === 'rejected') ? 'wrong_code' : refusal.code;
  note(run, 'site_words', -4, refusal.text);
  return {
    code,
    details: code === refusal.code ? refusal.details : null,
    message: quote(run, refusal.text),
    rule: ruleOf(code),
  };
}

/** What the page says in an alert that was not there before, whatever it means. */
export function newAlert(run: LoginRun, look: Look): string | null {
  const found = newTexts(run, look).find(({ text, spoken }) => spoken && !isOffer(text) && text.length <= 300);
  return found ? quote(run, found.text) : null;
}

/** What the status of the answer to the submission says by itself (RFC 9110 §15.5). Null when it says nothing. */
export function endingOfStatus(run: LoginRun): Ending | null {
  const afterCode = onlyCodeSent(run);
  const response = run.watch?.response;
  if (!response) return null;
  const status = response.status();
  const retryAfter = response.headers()['retry-after'];
  const codes: Record<number, OutcomeCode> = {
    401: afterCode ? 'wrong_code' : 'wrong_credentials',
    403: afterCode ? 'wrong_code' : 'rejected',
    400: 'rejected',
    422: 'rejected',
    423: 'account_locked',
    429: 'rate_limited',
  };
  const code = codes[status] ?? (status >= 500 ? 'rejected' : null);
  if (!code) return null;
  note(run, 'http_status', -3, `The submission was answered with HTTP ${status}.`);
  const seconds = retryAfter && /^\d{1,7}$/.test(retryAfter) ? Number(retryAfter) : null;
  const details = {
    ...(code === 'wrong_credentials' && { part: 'unknown' }),
    ...(code === 'account_locked' && { kind: 'locked' }),
    ...(seconds !== null && { retry_after: seconds }),
  };
  return { code, details: Object.keys(details).length > 0 ? details : null, rule: ruleOf(code) };
}

/** The form that a planner named is shown. */
export function showsPlanned(run: LoginRun, look: Look): boolean {
  if (run.plannedPlace === null) return false;
  return look.observation.fields.some((field) => usable(field) && placeOf(look, field) === run.plannedPlace);
}

/** The form that was submitted is shown again. A first step that asks for something new is not. */
export function asksAgain(run: LoginRun, look: Look, state: PageState): boolean {
  if (state.kind === 'code_step') return run.submissions.code > 0;
  if (showsPlanned(run, look)) return true;
  if (state.kind !== 'identifier_step' || !state.fields.identifier) return asksToLogIn(state);
  return run.submissions.password === 0 || run.identifierPlace === placeOf(look, state.fields.identifier.element);
}

/** What a page asks for instead of logging in; null when it asks for nothing. */
export function demandOf(run: LoginRun, look: Look, state: PageState): Ending | null {
  const { observation } = look;
  if (observation.captchas.length > 0) {
    note(run, 'captcha', -4, `The page shows a captcha (${observation.captchas.join(', ')}).`);
    return { code: 'captcha', rule: 'asks_for_more', message: spokenBy(run, look) };
  }
  if (state.kind === 'password_change') {
    note(run, 'password_change', -4, 'The page asks for a new password.');
    return { code: 'password_expired', rule: 'asks_for_more', message: spokenBy(run, look) };
  }
  if (asksAgain(run, look, state) || state.kind === 'code_step') return null;
  const meaning = observation.lines
    .map(meaningOf)
    .find((found) => found?.code === 'needs_approval' || found?.code === 'captcha');
  if (meaning && !run.before.lines.has(meaning.text)) {
    note(run, 'site_words', -3, meaning.text);
    return { code: meaning.code, rule: 'asks_for_more', message: quote(run, meaning.text) };
  }
  const { rest, identifier } = state.fields;
  const asked = [...(identifier ? [identifier.element] : []), ...rest].find(
    (field) => !says('search', `${field.label} ${field.placeholder} ${field.name}`),
  );
  const sent = observation.buttons.some(
    (button) => button.visible && asked && button.form !== null && button.form === asked.form,
  );
  if (asked && sent && state.kind !== 'logged_in') {
    const name = asked.label || asked.placeholder || asked.near || asked.name || 'a further field';
    note(run, 'asks_for_more', -3, `The page asks for: ${name}`);
    return {
      code: 'needs_more_information',
      details: { field: quote(run, name) },
      rule: 'asks_for_more',
      message: quote(run, name),
    };
  }
  return null;
}

function spokenBy(run: LoginRun, look: Look): string | null {
  const text =
    newTexts(run, look).find(({ text: found }) => found.length >= 8 && meaningOf(found))?.text ??
    look.observation.headings[0];
  return text ? quote(run, text) : null;
}
