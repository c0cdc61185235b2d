import { says } from '../fields/words.ts';
import { wayToOthers, wayToPassword } from '../login-methods.ts';
import { type LoginRun, note, secretOf } from '../login-run.ts';
import type { ButtonView } from '../observation.ts';
import type { Look } from '../observe.ts';
import { opensLogin, type PageState } from '../page-state.ts';
import { StepLimit } from '../progress.ts';
import { closerOf, type Question, questionOf } from '../questions.ts';

const CLICK_TIMEOUT_MS = 3_000;

export async function clickOnce(run: LoginRun, look: Look, button: ButtonView): Promise<boolean> {
  if (!run.progress.action()) return false;
  const element = await look.element(button);
  try {
    await run.progress.part('clear', async () => {
      await element?.click({ timeout: CLICK_TIMEOUT_MS, noWaitAfter: true, signal: run.progress.signal });
    });
    return true;
  } catch (error) {
    if (run.progress.signal.aborted) throw error;
    return false;
  }
}

/** Something lies over the form: a cookie banner, a notice. Closes it, refusing where that is offered. */
export async function uncover(run: LoginRun, look: Look): Promise<boolean> {
  const button = closerOf(look.observation);
  if (!button) return false;
  note(run, 'banner_closed', 0, `"${button.text}" was clicked, because something lay over the form.`);
  return clickOnce(run, look, button);
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
  note(run, 'interstitial', 0, `"${button.text}" was clicked on a page between login and session (${topic}).`);
  const left = run.progress.actions;
  const clicked = await clickOnce(run, look, button);
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
  run.tried.add(keyOf(button));
  note(run, 'method_chosen', 0, `"${button.text}" was clicked on the way to a method that the credential has.`);
  return clickOnce(run, look, button);
}

/** No form yet: opens it by the control that says so. Each control is tried once. */
export async function openForm(run: LoginRun, look: Look): Promise<boolean> {
  const openers = look.observation.buttons.filter((button) => opensLogin(button) && !button.covered);
  const button = openers.find((found) => !run.tried.has(keyOf(found)));
  if (!button) return false;
  run.tried.add(keyOf(button));
  note(run, 'form_opened', 0, `"${button.text}" was clicked to open the login form.`);
  return clickOnce(run, look, button);
}

/** The page is set to another account: takes the way to give one's own, once. */
export async function leaveAccount(run: LoginRun, look: Look, button: ButtonView): Promise<boolean> {
  if (run.tried.has(keyOf(button))) return false;
  run.tried.add(keyOf(button));
  note(run, 'other_account', 0, `"${button.text}" was clicked, because the page was set to another account.`);
  return clickOnce(run, look, button);
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
