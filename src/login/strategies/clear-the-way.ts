import { isLink, isLocked } from '../fields/form-group.ts';
import { says } from '../fields/words.ts';
import { wayToOthers, wayToPassword } from '../login-methods.ts';
import { type Ending, type LoginRun, note, secretOf } from '../login-run.ts';
import type { ButtonView, Observation } from '../observation.ts';
import type { Look } from '../observe.ts';
import { openPage } from '../open-page.ts';
import { opensLogin, type PageState } from '../page-state.ts';
import { StepLimit } from '../progress.ts';
import { closerOf, type Question, questionOf } from '../questions.ts';

/** Milliseconds a control may take to stand still and be free: a busy machine moves a page by starts. */
const CLICK_TIMEOUT_MS = 5_000;

/** Evidence of a click, once it happened. */
export interface ClickNote {
  signal: string;
  text: string;
}

/** `gone`: the page took it away before. `stuck`: it did not come free, or too much was clicked already. */
type Click = 'clicked' | 'gone' | 'stuck';

async function click(run: LoginRun, look: Look, button: ButtonView, said: ClickNote | null): Promise<Click> {
  if (!run.progress.action()) return 'stuck';
  const element = await look.element(button);
  if (!element) return 'gone';
  try {
    const { signal } = run.progress;
    await run.progress.part('clear', () => element.click({ timeout: CLICK_TIMEOUT_MS, noWaitAfter: true, signal }));
  } catch (error) {
    if (run.progress.signal.aborted) throw error;
    // Playwright's words for an element that was replaced, which it tells before it clicks.
    if (/not attached/.test(String(error))) return 'gone';
    note(run, 'not_clicked', 0, `"${button.text}" could not be clicked within ${CLICK_TIMEOUT_MS / 1000} seconds.`);
    return 'stuck';
  }
  if (said) note(run, said.signal, 0, said.text);
  return 'clicked';
}

/**
 * Clicks a control once, and says in the evidence that it did, or that it could not. False when nothing was clicked and
 * the page is as it was.
 */
export async function clickOnce(
  run: LoginRun,
  look: Look,
  button: ButtonView,
  said: ClickNote | null,
): Promise<boolean> {
  return (await click(run, look, button, said)) !== 'stuck';
}

/** The same with a control on the way to a form, which is tried once; one that was replaced before was not tried. */
async function tryOnce(run: LoginRun, look: Look, button: ButtonView, said: ClickNote): Promise<boolean> {
  run.tried.add(keyOf(button));
  const done = await click(run, look, button, said);
  if (done === 'gone') run.tried.delete(keyOf(button));
  return done !== 'stuck';
}

/** A page with the buttons alone that can belong to what lies over a form: "Cancel" in the form itself would close that. */
function aboveForm(observation: Observation): Observation {
  const { fields, buttons } = observation;
  const below = [
    ...fields.filter(({ covered, type }) => covered || type === 'password'),
    ...buttons.filter(({ covered }) => covered),
  ];
  const isBelow = ({ frame, form }: ButtonView): boolean =>
    form !== null && below.some((part) => part.frame === frame && part.form === form);
  return { ...observation, buttons: buttons.filter((button) => !isBelow(button)) };
}

/** Something lies over the form: a cookie banner, a notice. Closes it, refusing where that is offered. */
export async function uncover(run: LoginRun, look: Look): Promise<boolean> {
  const button = closerOf(aboveForm(look.observation));
  if (!button) return false;
  return clickOnce(run, look, button, {
    signal: 'banner_closed',
    text: `"${button.text}" was clicked, because something lay over the form.`,
  });
}

/** The question of a page with its answer. A list of accounts is the one that needs the username. */
export async function askedQuestion(run: LoginRun, look: Look): Promise<Question | null> {
  const found = questionOf(look.observation, null);
  if (found?.answer !== 'account') return found;
  const username = run.task.has_username ? (await secretOf(run)).username : '';
  return questionOf(look.observation, username);
}

const placeOf = ({ observation }: Look, { button }: Question): string =>
  JSON.stringify([observation.url, observation.headings, button.text]);

/** The page makes an offer that was turned down already. */
export function isPutOff(run: LoginRun, look: Look): boolean {
  const question = questionOf(look.observation, null);
  return question?.answer === 'decline' && run.answered.has(placeOf(look, question));
}

/**
 * A question between login and session: turned down, or agreed to where the login goes no other way. The same question
 * on the same page is answered once.
 */
export async function answerInterstitial(run: LoginRun, look: Look, question: Question): Promise<boolean> {
  const { button, topic } = question;
  const asked = placeOf(look, question);
  if (run.answered.has(asked)) return false;
  run.answered.add(asked);
  const left = run.progress.actions;
  const text = `"${button.text}" was clicked on a page between login and session (${topic}).`;
  const clicked = await clickOnce(run, look, button, { signal: 'interstitial', text });
  // A site that goes on asking is not answered for ever.
  if (run.progress.actions === left) throw new StepLimit();
  return clicked;
}

/** A control, to know again that it was tried. */
export const keyOf = ({ text, href }: ButtonView): string => `${text} ${href}`;

/** A way to the password, if there is one, that was not tried yet: the one that names it, then one to further ways in. */
export function nextWay(run: LoginRun, { observation }: Look, others: boolean): ButtonView | null {
  const ways = [run.task.has_password ? wayToPassword(observation) : null, others ? wayToOthers(observation) : null];
  return ways.find((button) => button !== null && !run.tried.has(keyOf(button))) ?? null;
}

/** Of several ways in takes the one to the password. Each control is tried once. */
export async function chooseMethod(run: LoginRun, look: Look, button: ButtonView): Promise<boolean> {
  return tryOnce(run, look, button, {
    signal: 'method_chosen',
    text: `"${button.text}" was clicked on the way to a method that the credential has.`,
  });
}

/** A form whose fields are shown and cannot be typed into yet is not opened by its own button: that would send it empty. */
function sendsLocked({ observation: { fields } }: Look, { frame, form }: ButtonView): boolean {
  return fields.some((field) => isLocked(field) && field.frame === frame && field.form !== null && field.form === form);
}

/** No form yet: opens it by the control that says so. Each control is tried once. */
export async function openForm(run: LoginRun, look: Look): Promise<boolean> {
  const openers = look.observation.buttons.filter(
    (button) => opensLogin(button) && !button.covered && !sendsLocked(look, button),
  );
  const button = openers.find((found) => !run.tried.has(keyOf(found)));
  if (!button) return false;
  return tryOnce(run, look, button, {
    signal: 'form_opened',
    text: `"${button.text}" was clicked to open the login form.`,
  });
}

/** No control that is seen: follows a link to the login from a menu that is closed, once. Null when there is none. */
export async function followHidden(run: LoginRun, { observation }: Look): Promise<Ending | 'followed' | null> {
  const here = URL.parse(observation.url);
  for (const button of observation.buttons) {
    const target = URL.parse(button.href, observation.url);
    const leads = isLink(button) && target?.origin === here?.origin && target?.href !== here?.href;
    if (!leads || !target || button.visible || run.tried.has(keyOf(button))) continue;
    if (!opensLogin({ ...button, visible: true }) || !run.progress.action()) continue;
    run.tried.add(keyOf(button));
    note(run, 'link_followed', 0, `The link "${button.text}" in a closed menu was followed to the login.`);
    const opened = await openPage(run, run.page, target.href);
    return 'ending' in opened ? opened.ending : 'followed';
  }
  return null;
}

/** The page is set to another account: takes the way to give one's own, once. */
export async function leaveAccount(run: LoginRun, look: Look, button: ButtonView): Promise<boolean> {
  if (run.tried.has(keyOf(button))) return false;
  return tryOnce(run, look, button, {
    signal: 'other_account',
    text: `"${button.text}" was clicked, because the page was set to another account.`,
  });
}

/** Only other methods are offered: "Sign in with …" and nothing to type into. */
export function onlyOtherMethods(look: Look, state: PageState): string[] {
  if (state.fields.identifier || state.fields.password || state.fields.code.length > 0) return [];
  return look.observation.buttons
    .filter(
      (button) =>
        button.visible &&
        says('otherMethod', button.text) &&
        (says('submit', button.text) || says('next', button.text)),
    )
    .map((button) => button.text);
}
