import { withoutSecret } from '../common-words.ts';
import { usable } from './fields/form-group.ts';
import type { LoginRun } from './login-run.ts';
import type { ButtonView, FieldView, FormView, Observation } from './observation.ts';
import type { PlanControl, PlanLine, PlanQuestion, PlanRequest } from './plan.ts';
import { shortened } from './shortened.ts';

const MAX_FIELDS = 40;
const MAX_BUTTONS = 60;
const MAX_LINKS = 40;
/** Of each text. The look cuts texts itself, perhaps through a secret; what it cut is not sent. */
const MAX_WORDS = 60;
const MAX_LINES = 120;
/** For the same reason shorter than a line of a look may be. */
const MAX_LINE = 240;
const MAX_TEXT = 8_000;

export type ListedControl = { field: FieldView } | { button: ButtonView };

/** A question with what its numbers stand for. */
export interface AskedPlan {
  request: PlanRequest;
  controls: ListedControl[];
  /** The page's own lines, as they were read. */
  lines: string[];
  /** The page's forms: they tell what some controls do. */
  forms: readonly FormView[];
}

/** Puts a question together from what a person would see: never markup, never a value, no secret that was typed. */
export function planRequest(
  run: LoginRun,
  question: PlanQuestion,
  observation: Observation,
  withinMs: number,
): AskedPlan {
  const controls = listedControls(observation);
  const lines = linesOf(run, observation);
  return {
    controls,
    lines,
    forms: observation.forms,
    request: {
      question,
      controls: controls.map((control) => described(run, control)),
      lines: lines.map((text): PlanLine => ({ text: shortened(named(run, text), MAX_LINE), new: isNew(run, text) })),
      within_ms: Math.floor(withinMs),
    },
  };
}

/** Whether a line came after the last submission. */
export function isNew(run: LoginRun, line: string): boolean {
  return run.submittedAt !== null && !run.before.lines.has(line) && !run.before.messages.has(line);
}

/** What can be typed into or clicked, in the order of its numbers. */
export function listedControls({ fields, buttons }: Observation): ListedControl[] {
  const shown = buttons.filter((button) => button.visible && !button.disabled);
  return [
    ...fields
      .filter(usable)
      .slice(0, MAX_FIELDS)
      .map((field) => ({ field })),
    ...shown
      .filter(({ href }) => href === '')
      .slice(0, MAX_BUTTONS)
      .map((button) => ({ button })),
    ...shown
      .filter(({ href }) => href !== '')
      .slice(0, MAX_LINKS)
      .map((button) => ({ button })),
  ];
}

function described(run: LoginRun, control: ListedControl): PlanControl {
  const words = (...texts: string[]): string =>
    [...new Set(texts)]
      .map((text) => shortened(named(run, text.trim()), MAX_WORDS))
      .filter(Boolean)
      .join(' | ');
  if ('field' in control) {
    const { field } = control;
    return {
      kind: 'field',
      type: field.tag === 'input' ? field.type : field.tag,
      words: words(field.label, field.placeholder, field.title, field.near, field.heading, field.name, field.id),
      form: field.form,
    };
  }
  const { button } = control;
  const kind = button.href === '' ? 'button' : 'link';
  return { kind, type: button.type, words: words(button.text, button.name, button.id), form: button.form };
}

/** What is new comes first when there is too much. */
function linesOf(run: LoginRun, observation: Observation): string[] {
  const all = [...new Set([...observation.messages.map(({ text }) => text), ...observation.lines])];
  const sorted = [...all.filter((line) => isNew(run, line)), ...all.filter((line) => !isNew(run, line))];
  let left = MAX_TEXT;
  return sorted.slice(0, MAX_LINES).filter((line) => {
    left -= Math.min(line.length, MAX_LINE);
    return left >= 0;
  });
}

/** The text with the names of what was typed instead of it. */
function named(run: LoginRun, text: string): string {
  const { username = '', password = '', extra_fields = {} } = run.secret ?? {};
  const names = new Map([...run.secrets].map((secret) => [secret, '{{code}}']));
  for (const value of Object.values(extra_fields)) names.set(value, '{{extra}}');
  names.set(username, '{{username}}').set(password, '{{password}}').delete('');
  let clean = text;
  for (const [secret, name] of [...names].sort(([one], [other]) => other.length - one.length)) {
    clean = withoutSecret(clean, secret, name);
  }
  return clean;
}
