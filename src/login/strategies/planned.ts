import { foreignPlace, trustOrigins } from '../check-places.ts';
import { endingOf } from '../judge.ts';
import { type Ending, type LoginRun, note } from '../login-run.ts';
import type { ButtonView } from '../observation.ts';
import { type Look, observe } from '../observe.ts';
import { classify, type PageState } from '../page-state.ts';
import { ACTIONS_FOR, EXPLAINED_BY_PLANNER, PLAN_FAILURES, type Plan, type PlanQuestion } from '../plan.ts';
import { type CheckedFill, checkFill, checkLine, checkOpener, checkSender } from '../plan-checks.ts';
import { type AskedPlan, type ListedControl, listedControls, planRequest } from '../plan-request.ts';
import type { SeenPage } from '../seen-page.ts';
import { shortened } from '../shortened.ts';
import { clickOnce } from './clear-the-way.ts';
import { placeOf, submitCredentials } from './credentials.ts';
import { submitCode } from './one-time-code.ts';

/** What of the run's time an answer must leave. */
const RESERVE_MS = 10_000;

/** What was done on a planner's word: something on the page, or the end of the run. Null: the engine's own word stands. */
export type PlanResult = 'acted' | Ending | null;

const ABOUT: Record<PlanQuestion, string> = {
  find_login: 'how to log in on this page',
  find_submit: 'what sends the form',
  what_now: 'how to go on after the name',
  judge: 'what the page says',
};

/** An answer with the page it is about. */
interface Answered {
  plan: Plan;
  asked: AskedPlan;
  look: Look;
}

/** Asks the planner, if there is one, and does what it says as far as the engine's own rules let it. */
export async function followPlan(run: LoginRun, question: Exclude<PlanQuestion, 'find_submit'>): Promise<PlanResult> {
  const answer = await ask(run, question);
  if (!answer) return null;
  const { look } = answer;
  try {
    return await follow(run, answer);
  } finally {
    look.dispose();
  }
}

/**
 * The page with a control that sends its form, where the engine found none: the planner's, or as it was. Dispose of
 * the look when it is another one.
 */
export async function withSender(run: LoginRun, page: SeenPage): Promise<SeenPage> {
  const { fields } = page.state;
  if (fields.submit || fields.code.length > 1 || run.ports.plan === null) return page;
  const answer = await ask(run, 'find_submit');
  if (!answer) return page;
  const { plan, asked, look } = answer;
  const state = classify(look.observation);
  const { identifier, password, code } = state.fields;
  const filled = [identifier, password, ...code].flatMap((found) => (found ? [found.element] : []));
  if (state.kind !== page.state.kind) refuse(run, 'something that was gone when the answer came');
  else if (plan.action === 'click') {
    const sender = checkSender(asked, plan.control, filled);
    if ('ok' in sender) {
      note(run, 'planner', 0, `The language model says that ${nameOf(sender.ok.element)} sends the form.`);
      return { look, state: { ...state, fields: { ...state.fields, submit: sender.ok } } };
    }
    refuse(run, sender.refused);
  }
  look.dispose();
  return page;
}

/** One question. Null when there is no answer to follow; the reason is in the evidence. */
async function ask(run: LoginRun, question: PlanQuestion): Promise<Answered | null> {
  const { plan: port } = run.ports;
  const within = run.progress.left - RESERVE_MS;
  if (port === null || run.plannerOver || within <= 0) return null;
  const before = await run.progress.part('observe', () => observe(run.page, true));
  const asked = planRequest(run, question, before.observation, within);
  before.dispose();
  const answer = await run.progress.part('plan', () => port(asked.request));
  if ('declined' in answer) {
    run.plannerOver = true;
    note(run, 'planner', 0, `The language model ${PLAN_FAILURES[answer.declined]}; the engine's own word stands.`);
    return null;
  }
  const { plan } = answer;
  if (plan.action === 'nothing') {
    note(run, 'planner', 0, `The language model was asked ${ABOUT[question]} and knows no more than the engine.`);
    return null;
  }
  if (!ACTIONS_FOR[question].includes(plan.action)) return refuse(run, 'something that was not asked for');
  return again(run, plan, asked);
}

/** The same page at the time of the answer: what was chosen must still be there, and be what it was. */
async function again(run: LoginRun, plan: Plan, asked: AskedPlan): Promise<Answered | null> {
  const look = await run.progress.part('observe', () => observe(run.page, true));
  const numbers = numbersOf(plan);
  const shown = listedControls(look.observation);
  const now = asked.controls.map((control, number) =>
    numbers.has(number) ? find(shown, control, asked.controls) : control,
  );
  if (now.every((control) => control !== null)) return { plan, look, asked: { ...asked, controls: now } };
  look.dispose();
  return refuse(run, 'something that was gone when the answer came');
}

function numbersOf(plan: Plan): Set<number | null> {
  if (plan.action === 'click') return new Set([plan.control]);
  return plan.action === 'fill' ? new Set([plan.username, plan.password, plan.code, plan.submit]) : new Set();
}

/** All that a person and its author see in a control, but for where it stands. */
function sign(control: ListedControl): string {
  if ('button' in control) {
    const { frame, tag, type, text, name, id, href, form } = control.button;
    return JSON.stringify([frame, tag, type, text, name, id, href, form]);
  }
  const { frame, tag, type, name, id, label, placeholder, near, form } = control.field;
  return JSON.stringify([frame, tag, type, name, id, label, placeholder, near, form]);
}

/** A control in another look; of several that look the same, the one at the same place among them. */
function find(now: readonly ListedControl[], control: ListedControl, before: readonly ListedControl[]) {
  const same = (other: ListedControl): boolean => sign(other) === sign(control);
  return now.filter(same)[before.filter(same).indexOf(control)] ?? null;
}

function refuse(run: LoginRun, what: string): null {
  run.plannerOver = true;
  note(run, 'planner', 0, `The language model chose ${what}, which is not done; the engine's own word stands.`);
  return null;
}

async function follow(run: LoginRun, answer: Answered): Promise<PlanResult> {
  const { plan, asked, look } = answer;
  if (plan.action === 'click') return openWith(run, look, asked, plan.control);
  if (plan.action === 'fill') {
    const fill = checkFill(run, asked, look.observation, plan);
    return 'refused' in fill ? refuse(run, fill.refused) : typeAndSend(run, look, fill.ok);
  }
  if (plan.action !== 'refused') return null;
  const line = checkLine(run, asked, look.observation, plan.line);
  if ('refused' in line) return refuse(run, line.refused);
  note(run, 'planner', 0, `The language model reads a new line of the page as ${plan.outcome}.`);
  const ending = endingOf(run, { code: plan.outcome, details: null, text: line.ok });
  return { ...ending, details: EXPLAINED_BY_PLANNER };
}

/** The same control of the same page is clicked once. */
async function openWith(run: LoginRun, look: Look, asked: AskedPlan, number: number): Promise<PlanResult> {
  const opener = checkOpener(asked, look.observation, number);
  if ('refused' in opener) return refuse(run, opener.refused);
  const { text, id, href, order } = opener.ok;
  const place = JSON.stringify([look.observation.url, text, id, href, order]);
  if (run.answered.has(place)) return refuse(run, 'a control that was clicked before');
  run.answered.add(place);
  trustOrigins(run);
  run.originsFixed = true;
  const clicked = `${nameOf(opener.ok)} was clicked, because the language model says that it leads to the login.`;
  return (await clickOnce(run, look, opener.ok, { signal: 'planner', text: clicked })) ? 'acted' : null;
}

/** Hands the form to the engine's own strategies, which ask for permission, arm the fuse and send it once. */
async function typeAndSend(run: LoginRun, look: Look, fill: CheckedFill): Promise<PlanResult> {
  const { identifier, password, code, submit } = fill;
  trustOrigins(run);
  const anchor = password ?? identifier ?? code;
  if (!anchor) return null;
  const { observation } = look;
  const frame = observation.frames[anchor.element.frame]?.origin ?? '';
  const foreign = run.origins.has(frame) ? foreignPlace(run, observation, anchor.element) : { origin: frame };
  if (foreign) return refuse(run, `a form of ${foreign.origin}`);
  const roles = [identifier && 'the username', password && 'the password', code && 'the code'].filter(Boolean);
  note(run, 'planner', 0, `The language model says where ${roles.join(' and ')} goes.`);
  const { fields } = classify(observation);
  const state: PageState = {
    kind: password ? (identifier ? 'login' : 'password_step') : identifier ? 'identifier_step' : 'code_step',
    reasons: ['chosen by the language model'],
    fields: { ...fields, hidden: false, identifier, password, code: code ? [code] : [], submit },
  };
  const { name, id, placeholder } = anchor.element;
  if (name || id || placeholder) run.plannedPlace = placeOf(look, anchor.element);
  if (identifier || password) await submitCredentials(run, { look, state });
  else await submitCode(run, { look, state });
  return 'acted';
}

function nameOf(button: ButtonView): string {
  return button.text === '' ? 'a control without words' : `"${shortened(button.text, 60)}"`;
}
