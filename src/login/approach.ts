import { trustOrigins } from './check-places.ts';
import { isLocked } from './fields/form-group.ts';
import { type Ending, type LoginRun, note } from './login-run.ts';
import type { Observation } from './observation.ts';
import { asksToLogIn } from './page-state.ts';
import { FORM_MS, SETTLED_MS, UNFINISHED_MS } from './patience.ts';
import type { SeenPage } from './seen-page.ts';
import { liveSession, showsSession } from './session-check.ts';
import {
  answerInterstitial,
  askedQuestion,
  chooseMethod,
  followHidden,
  nextWay,
  onlyOtherMethods,
  openForm,
  uncover,
} from './strategies/clear-the-way.ts';
import { submitCredentials } from './strategies/credentials.ts';
import { extraFieldsIn, submitExtra } from './strategies/extra-fields.ts';
import { submitCode } from './strategies/one-time-code.ts';
import { needsPasskey, passkeyControl, usePasskey } from './strategies/passkey.ts';
import { followPlan, withSender } from './strategies/planned.ts';
import { unfinished } from './unfinished.ts';
import { enterWindow } from './windows.ts';

const UNREADABLE = {
  closed_shadow_root: 'A component with a closed shadow root',
  canvas: 'A drawing on a canvas',
  not_rendered: "A password's field that is not rendered",
} as const;

/** Before anything was submitted: finds the form, clears the way to it, fills it in. */
export async function approach(run: LoginRun, page: SeenPage, status: number): Promise<Ending | null> {
  const { look, state } = page;
  const quiet = performance.now() - run.quietSince;
  if (needsPasskey(run)) {
    // The page may ask by itself in a moment.
    if (quiet < SETTLED_MS) return null;
    const control = passkeyControl(run, page);
    if (control?.covered && (await uncover(run, look))) return null;
    if (control) {
      await usePasskey(run, page, control);
      return null;
    }
  }
  if (asksToLogIn(state) || state.kind === 'code_step') {
    const { password, identifier, code, submit } = state.fields;
    const field = password ?? identifier ?? code[0];
    if (field?.element.covered || submit?.element.covered) {
      if (await uncover(run, look)) return null;
      if (quiet < SETTLED_MS) return null;
    }
    if (look.observation.captchas.length > 0) {
      note(run, 'captcha', -4, `The login form shows a captcha (${look.observation.captchas.join(', ')}).`);
      return { code: 'captcha', rule: 'asks_for_more' };
    }
    const way = state.fields.password ? null : nextWay(run, look, false);
    if (way) {
      await chooseMethod(run, look, way);
      return null;
    }
    trustOrigins(run);
    if (state.kind === 'code_step' && run.begun.size === 0 && quiet < FORM_MS) return null;
    await fillAndSend(run, page, state.kind === 'code_step' ? 'code' : 'password');
    return null;
  }
  if (quiet < SETTLED_MS) return null;
  if (await enterWindow(run)) {
    run.quietSince = performance.now();
    return null;
  }
  const live = run.task.goal === 'check_first' && run.comparisons === 0 && showsSession(run, page);
  const ending = live ? await liveSession(run) : null;
  if (ending) return ending;
  const question = state.kind === 'interstitial' ? await askedQuestion(run, look) : null;
  if (question && (await answerInterstitial(run, look, question))) return null;
  const password = nextWay(run, look, false);
  if (password && (await chooseMethod(run, look, password))) return null;
  const extras = run.begun.has('extra') ? [] : extraFieldsIn(run, look.observation, []);
  if (extras.length > 0) {
    trustOrigins(run);
    await submitExtra(run, page, extras);
    return null;
  }
  if (await openForm(run, look)) return null;
  const other = nextWay(run, look, true);
  if (other && (await chooseMethod(run, look, other))) return null;
  const passkey = passkeyControl(run, page, true);
  if (passkey) {
    await usePasskey(run, page, passkey);
    return null;
  }
  const methods = onlyOtherMethods(look, state);
  if (methods.length > 0) {
    note(run, 'other_methods', -2, `Only other methods are offered: ${methods.slice(0, 5).join(', ')}.`);
    return { code: 'unsupported_method', details: { methods: methods.slice(0, 5) }, rule: 'asks_for_more' };
  }
  if (state.kind === 'captcha') {
    note(run, 'captcha', -4, `The page shows a captcha (${look.observation.captchas.join(', ')}).`);
    return { code: 'captcha', rule: 'asks_for_more' };
  }
  if (quiet < patienceWith(run, look.observation)) return null;
  const followed = await followHidden(run, look);
  if (followed !== null) return followed === 'followed' ? null : followed;
  if (status >= 400) {
    note(run, 'http_status', -1, `The login page answered ${status}.`);
    return { code: 'unreachable', details: { kind: 'http', status } };
  }
  const planned = await followPlan(run, 'find_login');
  if (planned !== null) return planned === 'acted' ? null : planned;
  note(run, 'no_form', -2, `There is nothing to log in with: ${state.reasons.join(', ')}.`);
  for (const { kind, text } of look.observation.unreadable.slice(0, 3)) {
    note(run, kind, 0, `${UNREADABLE[kind]}${text === '' ? '' : ` (${text})`} may hold the login, and cannot be read.`);
  }
  return { code: 'not_a_login_page' };
}

/** How long a page without a form is waited for after it last changed, milliseconds. */
function patienceWith(run: LoginRun, observation: Observation): number {
  if (unfinished(observation)) return UNFINISHED_MS;
  if (observation.fields.some((field) => isLocked(field) && field.type === 'password')) return FORM_MS;
  if (run.changes?.loading) return FORM_MS;
  return run.tried.size > 0 ? FORM_MS / 2 : FORM_MS / 4;
}

/** Fills in what the page asks for and sends it, by a control that the planner names where none was found. */
export async function fillAndSend(run: LoginRun, seen: SeenPage, strategy: 'password' | 'code'): Promise<void> {
  const page = await withSender(run, seen);
  try {
    if (strategy === 'code') await submitCode(run, page);
    else await submitCredentials(run, page);
  } finally {
    if (page !== seen) page.look.dispose();
  }
}
