import { wayToOthers } from '../login-methods.ts';
import { Ended, type Ending, type LoginRun, note, quote } from '../login-run.ts';
import type { ButtonView } from '../observation.ts';
import type { Look } from '../observe.ts';
import { asksToLogIn } from '../page-state.ts';
import {
  asksToChoose,
  type Factor,
  type FactorOption,
  factorAsked,
  factorOptions,
  goesOnFrom,
  sendsCode,
} from '../second-factors.ts';
import type { SeenPage } from '../seen-page.ts';
import { chooseMethod, clickOnce, keyOf } from './clear-the-way.ts';

const CLICK_TIMEOUT_MS = 3_000;
/** How long the page that a choice leads to may take. */
const LEADS_ON_MS = 8_000;

/** What a page that lets its user choose a second factor calls for. */
export type FactorStep =
  | { next: 'choose'; option: FactorOption }
  | { next: 'others'; button: ButtonView }
  | { next: 'wait' }
  | { next: 'end'; ending: Ending };

/** The ways the credential can answer, the best first. */
function waysOf(run: LoginRun): Factor[] {
  return run.passkey.held?.used === false ? ['passkey', ...run.task.code_ways] : [...run.task.code_ways];
}

const nameOf = ({ text, control }: FactorOption): string => ('button' in control ? keyOf(control.button) : `${text} `);

/** Each control is used once, one way is chosen in a run, and the site is made to send one code. */
function mayChoose(run: LoginRun, option: FactorOption): boolean {
  if (run.tried.has(nameOf(option))) return false;
  const { chosen, sent } = run.factor;
  return chosen === null || (chosen === option.factor && !sent && sendsCode(option.text));
}

function best(run: LoginRun, options: readonly FactorOption[], ways: readonly Factor[]): FactorOption | null {
  for (const way of ways) {
    const found = options.find((option) => option.factor === way && mayChoose(run, option));
    if (found) return found;
  }
  return null;
}

/** The control that shows the ways that are hidden, where it was not used yet. */
function others(run: LoginRun, { observation }: Look): ButtonView | null {
  const button = wayToOthers(observation);
  return button && !run.tried.has(keyOf(button)) ? button : null;
}

/**
 * After the password: a page that offers several ways, or asks for a code of a way that the credential has not. Null where
 * there is nothing to choose.
 */
export function factorStep(run: LoginRun, { look, state }: SeenPage): FactorStep | null {
  const entered = run.submissions.password > 0 || !run.task.has_password;
  if (!entered || run.submissions.code > 0 || state.fields.password !== null || asksToLogIn(state)) return null;
  const { observation } = look;
  const options = factorOptions(observation);
  if (state.kind === 'code_step') return otherThanAsked(run, look, options);
  if (state.kind === 'logged_in' || !(asksToChoose(observation, options) || (run.factor.sought && options.length > 0)))
    return null;
  const option = best(run, options, waysOf(run));
  // A passkey's own control is a matter of its own.
  if (option) return option.factor === 'passkey' && 'button' in option.control ? null : { next: 'choose', option };
  if (run.factor.chosen !== null) return leadsOn(run);
  const button = others(run, look);
  if (button) return { next: 'others', button };
  const offered = options.slice(0, 6).map(({ text }) => quote(run, text));
  note(run, 'other_factors', -2, `The site offers ${offered.join(', ')}; the credential can answer none of them.`);
  const details = { totp_type: run.task.totp_type, offered };
  const message = quote(run, observation.headings[0] ?? offered.join(', '));
  return { next: 'end', ending: { code: 'code_source_missing', rule: 'asks_for_more', details, message } };
}

/** The page asks for the code of one way, and another is the one that can be answered. Recovery codes have their own way. */
function otherThanAsked(run: LoginRun, look: Look, options: readonly FactorOption[]): FactorStep | null {
  const { code_ways: ways } = run.task;
  const asked = factorAsked(look.observation);
  if (asked === null || ways.includes(asked)) return null;
  const option = best(
    run,
    options,
    ways.filter((way) => way !== 'recovery'),
  );
  if (option) return { next: 'choose', option };
  const button = ways.some((way) => way !== 'recovery') ? others(run, look) : null;
  if (button) return { next: 'others', button };
  return run.factor.chosen !== null || run.factor.sought ? leadsOn(run) : null;
}

/** What was clicked leads to another page in a moment; a code is not typed into the old one. */
function leadsOn(run: LoginRun): FactorStep | null {
  return performance.now() - run.quietSince < LEADS_ON_MS ? { next: 'wait' } : null;
}

/** Takes one way. Choosing submits nothing of the credential; where it makes the site send a code, that happens once. */
export async function chooseFactor(run: LoginRun, look: Look, option: FactorOption): Promise<void> {
  const { control, factor, text } = option;
  run.tried.add(nameOf(option));
  run.factor.chosen = factor;
  note(run, 'factor_chosen', 0, `"${text}" was chosen, which the credential can answer.`);
  run.challengedSince = Date.now();
  if ('button' in control) {
    run.factor.sent ||= sendsCode(text);
    await clickOnce(run, look, control.button, null);
    return;
  }
  const { option: choice } = control;
  if (!choice.checked) await tick(run, look, choice);
  const button = goesOnFrom(look.observation, choice);
  if (!button) return;
  run.factor.sent ||= sendsCode(button.text);
  await clickOnce(run, look, button, null);
}

/** By its label, where it has one: the circle itself is often drawn by the page. */
async function tick(run: LoginRun, look: Look, choice: { frame: number; ref: number }): Promise<void> {
  const { signal } = run.progress;
  const element = await look.element(choice);
  const label = await element?.evaluateHandle((input) => (input as HTMLInputElement).labels?.[0] ?? input);
  if (!element || !label || !run.progress.action()) throw new Ended({ code: 'inconclusive' });
  try {
    await run.progress.part('clear', async () => {
      await label.asElement()?.click({ timeout: CLICK_TIMEOUT_MS, signal });
    });
  } catch (error) {
    if (signal.aborted) throw error;
    note(run, 'not_clicked', -1, 'The way that was chosen could not be ticked.');
    throw new Ended({ code: 'inconclusive' });
  }
}

/** Shows the ways that are hidden behind a control. */
export async function showOthers(run: LoginRun, look: Look, button: ButtonView): Promise<void> {
  run.factor.sought = true;
  await chooseMethod(run, look, button);
}
