import { lookUntil } from './consequences.ts';
import { asksAgain, demandOf, endingOf, endingOfStatus, newAlert, refusalIn, showsPlanned } from './judge.ts';
import { type Ending, type LoginRun, note, provesPassword } from './login-run.ts';
import type { Refusal } from './messages.ts';
import type { ButtonView } from './observation.ts';
import { observe } from './observe.ts';
import { asksToLogIn } from './page-state.ts';
import { UNFINISHED_MS } from './patience.ts';
import type { FactorOption } from './second-factors.ts';
import type { SeenPage } from './seen-page.ts';
import { approvalAsked } from './strategies/approval.ts';
import { isPutOff, nextWay } from './strategies/clear-the-way.ts';
import { type ExtraField, extraFieldsIn } from './strategies/extra-fields.ts';
import { linkSent } from './strategies/magic-link.ts';
import { passkeyControl, passkeySent } from './strategies/passkey.ts';
import { factorStep } from './strategies/second-factor.ts';
import { landingOf, marksOf, otherPages, provenBy } from './success.ts';
import { leadsOn, unfinished } from './unfinished.ts';
import { otherWindows } from './windows.ts';

/** How long a site may take to answer a submission. */
const ANSWER_MS = 45_000;
/** After the answer, how long its words may take to appear. */
const WORDS_MS = 1_500;
/** The same where nobody can tell which of several requests was the submission. */
const UNSURE_WORDS_MS = 4_000;
/** A page that lost its form but shows no sign yet may still be rendering: until it has been quiet for a while. */
const SIGNS_MS = 4_000;
const QUIET_MS = 500;
/** The same while its script waits for something; what is never answered shall not hold the run. */
const LOADING_MS = 8_000;
/** How long a page may still change before the outcome is "cannot tell". */
const LATE_MS = 2_000;
/** A page that keeps changing is not compared for ever. */
const MAX_COMPARISONS = 3;
/** An offer that still stands after this long is part of the page. */
const ASKING_MS = 4_000;
/** A page that did nothing at all after the click. */
const NOTHING_MS = 15_000;

export type AfterSubmit =
  | { next: 'wait' }
  | { next: 'act'; strategy: 'password' | 'code' | 'interstitial' }
  | { next: 'act'; strategy: 'method' | 'passkey'; button: ButtonView }
  | { next: 'act'; strategy: 'factor'; option: FactorOption }
  | { next: 'act'; strategy: 'others'; button: ButtonView }
  | { next: 'act'; strategy: 'approval'; asked: string }
  | { next: 'act'; strategy: 'magic_link'; said: string }
  | { next: 'act'; strategy: 'extra'; extras: ExtraField[] }
  | { next: 'end'; ending: Ending };

const end = (ending: Ending): AfterSubmit => ({ next: 'end', ending });

/** Judges a look at the page after a submission. Waiting is an answer too, while there is time. */
export async function judgeAfterSubmit(run: LoginRun, page: SeenPage): Promise<AfterSubmit> {
  const { state, look } = page;
  const waited = performance.now() - (run.submittedAt ?? 0);
  const answered = run.watch?.answered ?? false;
  const passwordSent = run.submissions.password > 0;
  const codeSent = run.submissions.code > 0;
  // A form in the page that the answer is on its way for is the old one.
  if ((!answered || run.watch?.leaving) && waited < ANSWER_MS && (run.watch?.begun || waited < NOTHING_MS)) {
    if (stillThere(run, page)) {
      const early = refusalIn(run, look, false) ?? (await refusalElsewhere(run));
      return early ? end(endingOf(run, early)) : { next: 'wait' };
    }
  }
  const quiet = performance.now() - run.quietSince;
  const again = asksAgain(run, look, state);
  const byPasskey = passkeySent(run);
  if (byPasskey && asksAfterPasskey(run, page)) return await judgeSameForm(run, page, waited);
  const factor = byPasskey ? null : factorStep(run, page);
  if (factor) {
    // A page on its way to its code may show its other ways for a moment.
    if (quiet < QUIET_MS || factor.next === 'wait') return { next: 'wait' };
    if (factor.next === 'end') return end(factor.ending);
    if (factor.next === 'others') return { next: 'act', strategy: 'others', button: factor.button };
    return { next: 'act', strategy: 'factor', option: factor.option };
  }
  const passkey = passkeyControl(run, page);
  if (passkey) return { next: 'act', strategy: 'passkey', button: passkey };
  // A page on its way to the password may show its other ways for a moment.
  const way =
    byPasskey || passwordSent || state.fields.password || answeredWithWords(run, page)
      ? null
      : nextWay(run, look, !again);
  if (way) return quiet < QUIET_MS ? { next: 'wait' } : { next: 'act', strategy: 'method', button: way };
  if (state.kind === 'code_step' && !codeSent) return { next: 'act', strategy: 'code' };
  if (state.kind === 'password_step' && !passwordSent) return { next: 'act', strategy: 'password' };
  if (state.kind === 'login' && !passwordSent && !answeredWithWords(run, page))
    return { next: 'act', strategy: 'password' };
  if (addsCode(run, page)) return { next: 'act', strategy: 'code' };
  const said = codeSent ? null : linkSent(run, look.observation);
  if (said !== null) return { next: 'act', strategy: 'magic_link', said };
  const extras = extraFieldsIn(run, look.observation, []);
  if (again || (extras.length > 0 && run.lastStages[0] === 'extra')) return await judgeSameForm(run, page, waited);
  const marks = marksOf(look.observation, run.secret?.username ?? '');
  const loggedIn = marks.some((mark) => mark.signal === 'log_out_control');
  if (!loggedIn) {
    const asked = run.approvalAwaited ? null : approvalAsked(run, look.observation);
    if (asked !== null) return { next: 'act', strategy: 'approval', asked };
    const refusal = refusalIn(run, look, true);
    if (refusal) return end(endingOf(run, refusal));
    if (extras.length > 0 && !run.begun.has('extra')) return { next: 'act', strategy: 'extra', extras };
    const demand = state.kind === 'interstitial' ? null : demandOf(run, look, state);
    if (demand) return end(demand);
  }
  if (state.kind === 'interstitial' && !(quiet > ASKING_MS && isPutOff(run, look)))
    return { next: 'act', strategy: 'interstitial' };
  const goesOn = unfinished(look.observation);
  const loading = run.watch?.loading ?? false;
  const patient = quiet < QUIET_MS || goesOn || loading || leadsOn(look.observation);
  const patience = goesOn ? UNFINISHED_MS : loading ? LOADING_MS : SIGNS_MS;
  if (marks.length === 0 && patient && sinceAnswer(run) < patience) return { next: 'wait' };
  return judgeSuccess(run, page);
}

/** The page the passkey signed for is still the one that is shown, or a login form again: never answered with a password. */
function asksAfterPasskey(run: LoginRun, { state }: SeenPage): boolean {
  const moved = run.watch?.navigated === true;
  if (state.kind === 'login') return true;
  return !moved && (asksToLogIn(state) || sinceAnswer(run) < WORDS_MS);
}

/** The answer may stand in a window that the form opened. */
async function refusalElsewhere(run: LoginRun): Promise<Refusal | null> {
  for (const page of otherWindows(run)) {
    const look = await run.progress.part('observe', () => observe(page));
    const refusal = refusalIn(run, look, true);
    look.dispose();
    if (refusal) return refusal;
  }
  return null;
}

function sinceAnswer(run: LoginRun): number {
  if (!run.watch?.answered) return 0;
  const now = performance.now();
  return now - Math.max(run.answeredAt ?? now, run.watch.answeredAt ?? 0);
}

function answeredWithWords(run: LoginRun, { look }: SeenPage): boolean {
  return refusalIn(run, look, false) !== null;
}

/**
 * The form is shown again, filled in as it was, with a field for a code that was not asked for before: the password was
 * right. Only the code is typed; what the page sends along with it is its own affair.
 */
function addsCode(run: LoginRun, { state, look }: SeenPage): boolean {
  const { password, code } = state.fields;
  if (run.submissions.password === 0 || run.submissions.code > 0 || code.length === 0 || !run.watch?.answered)
    return false;
  return password !== null && password.element.value_length > 0 && refusalIn(run, look, false) === null;
}

/** The form that was submitted is still shown. */
function stillThere(run: LoginRun, { state, look }: SeenPage): boolean {
  if (showsPlanned(run, look)) return true;
  if (run.lastStages[0] === 'extra') return !asksToLogIn(state);
  if (passkeySent(run)) return true;
  if (run.submissions.code > 0) return state.fields.code.length > 0 || asksToLogIn(state);
  if (run.submissions.password > 0) return state.fields.password !== null;
  return state.kind === 'identifier_step' || state.kind === 'login';
}

/** The page asks again for what it got: words first, then the status, then what else the site shows, then silence. */
async function judgeSameForm(run: LoginRun, page: SeenPage, waited: number): Promise<AfterSubmit> {
  const { state, look } = page;
  const codeSent = run.submissions.code > 0;
  const refusal = refusalIn(run, look, false);
  if (refusal) return end(endingOf(run, refusal));
  const words = run.watch?.sure ? WORDS_MS : UNSURE_WORDS_MS;
  const wait = run.watch?.answered ? sinceAnswer(run) < words : waited < NOTHING_MS;
  // What was just answered, and the form beside the passkey, are no new demand while their page is on its way out.
  const leaves = run.lastStages[0] === 'extra' || (wait && passkeySent(run) && !run.watch?.navigated);
  const demand = leaves ? null : demandOf(run, look, state);
  if (demand) return end(demand);
  if (/^\s*attachment/i.test(run.watch?.response?.headers()['content-disposition'] ?? '')) {
    note(run, 'download', -1, 'The submission was answered with a file instead of a page.');
    return end({ code: 'inconclusive' });
  }
  if (wait) return { next: 'wait' };
  const byStatus = endingOfStatus(run);
  if (byStatus) return end({ ...byStatus, message: newAlert(run, look) });
  if (!run.watch?.answered) {
    for (const said of run.watch?.said ?? [])
      note(run, 'dialog', 0, `The page said in a dialog, which was dismissed: ${said}`);
    note(run, 'no_answer', 0, 'Nothing happened after the submission.');
    return end({ code: 'inconclusive' });
  }
  const landing = await sessionElsewhere(run, look);
  if (landing) return end({ code: 'logged_in', landingUrl: landing, passwordProven: provesPassword(run) });
  for (const field of look.observation.fields.filter(({ visible, invalid }) => visible && invalid)) {
    const name = field.label || field.placeholder || field.name;
    note(run, 'field_invalid', -2, `The page marks the field "${name}" as wrong and says nothing.`);
  }
  if (run.doubtful) {
    note(run, 'no_answer', -1, 'The page sent something by itself; nobody can tell whether it was the code.');
    return end({ code: 'inconclusive' });
  }
  note(run, 'form_again', -3, 'The form was submitted once and the page shows it again without a word.');
  return end({ code: codeSent ? 'wrong_code' : 'rejected', rule: 'submitted_without_success' });
}

/** Some sites show their form to people who are logged in, too: then the session shows on another of their pages. */
async function sessionElsewhere(run: LoginRun, look: SeenPage['look']): Promise<string | null> {
  if (run.lastStages.length === 0 || look.observation.captchas.length > 0) return null;
  for (const landing of otherPages(look.observation, run.task.url)) {
    const noted = run.evidence.length;
    if (await run.progress.part('control', () => provenBy(run, landing, false))) return landing;
    // What these pages do not show says nothing about the one that was asked.
    run.evidence.length = noted;
  }
  return null;
}

/** The form is gone: compared with a clean context, that is a success or nothing sure. */
async function judgeSuccess(run: LoginRun, { look }: SeenPage): Promise<AfterSubmit> {
  const status = run.watch?.response?.status() ?? 200;
  if (status >= 400 && !run.watch?.navigated) {
    const byStatus = endingOfStatus(run);
    if (byStatus) return end(byStatus);
  }
  run.comparisons += 1;
  const landing = landingOf(look.observation.url, run.task.url, run.secrets);
  const byGet =
    landing === look.observation.url && run.watch?.navigated === true && run.watch.document?.method() === 'GET';
  if (await run.progress.part('control', () => provenBy(run, landing, byGet))) {
    return end({ code: 'logged_in', landingUrl: landing, passwordProven: provesPassword(run) });
  }
  // Before "cannot tell": a script may find out only now, with words or with another page.
  const shown = signature(look);
  const late = await lookUntil(
    run.page,
    LATE_MS,
    (seen) => refusalIn(run, seen, true) !== null || signature(seen) !== shown,
  );
  const refusal = refusalIn(run, late, true);
  const changed = signature(late) !== shown;
  late.dispose();
  if (refusal) return end(endingOf(run, refusal));
  if (changed && run.comparisons < MAX_COMPARISONS) return { next: 'wait' };
  return end(endingOfStatus(run) ?? { code: 'inconclusive' });
}

/** Enough of a page to tell that it became another. */
function signature({ observation }: SeenPage['look']): string {
  return JSON.stringify([observation.url, observation.lines.length, observation.headings, observation.buttons.length]);
}
