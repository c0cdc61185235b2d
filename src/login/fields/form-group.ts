import type { ButtonView, CheckView, FieldView, FormView, Observation } from '../observation.ts';
import { says, spread } from './words.ts';

/** Fields that belong together: those of one form, or the loose ones of a frame, with what stands around them. */
export interface FormGroup {
  frame: number;
  form: number | null;
  /** Fields a person can type into. */
  fields: FieldView[];
  /** Lists to choose from, and fields that are shown but cannot be changed. */
  fixed: FieldView[];
  checks: CheckView[];
  /** Shown buttons and links. */
  buttons: ButtonView[];
  /** id, name, class and action of the form. */
  words: string;
  /** What it is headed with. */
  heading: string;
  /** What its page is called. */
  title: string;
}

/**
 * Whether a field can be typed into by a person: seen, enabled, not read-only; an empty one may open when a person comes
 * to it. A honeypot is not.
 */
export function usable(field: FieldView): boolean {
  const open = !field.read_only || field.value_length === 0;
  return field.visible && !field.disabled && open && field.tag !== 'select';
}

/** Whether a field is shown and disabled: a page that is getting ready may open it in a moment. */
export function isLocked(field: FieldView): boolean {
  return field.visible && field.disabled && field.tag !== 'select';
}

function headingOf(form: FormView | undefined, fields: readonly FieldView[]): string {
  return [...new Set([form?.heading ?? '', fields[0]?.heading ?? ''])].filter(Boolean).join(' | ');
}

/** A button that plainly ends one form, where several stand in one element: it says log in or register. */
function endsForm(button: ButtonView): boolean {
  const words = buttonWords(button);
  return !isLink(button) && !isAside(button) && (says('submit', words) || says('register', words));
}

/** Parts of one element that each end with a button of their own. */
function parts(fields: FieldView[], buttons: readonly ButtonView[]): FieldView[][] {
  const ends = buttons.filter(endsForm).map((button) => button.order);
  const found: FieldView[][] = [];
  let last: FieldView | null = null;
  for (const field of fields) {
    const previous = last;
    // A password without a name before it belongs to the name before the button.
    const continues = field.type === 'password' && !(found.at(-1) ?? []).some(({ type }) => type === 'password');
    const ended =
      previous !== null && !continues && ends.some((order) => order > previous.order && order < field.order);
    if (ended || found.length === 0) found.push([]);
    found.at(-1)?.push(field);
    last = field;
  }
  return found;
}

/**
 * The forms of a page. `shown` false: those whose fields are in the page and cannot be typed into, which a click may
 * open. Fields without a form, and several forms wrapped in one, are told apart by the buttons between them.
 */
export function formGroups(observation: Observation, shown: boolean): FormGroup[] {
  const fits = (field: FieldView): boolean =>
    field.tag !== 'select' && (shown ? usable(field) : !field.visible || field.disabled);
  const keys = new Map<string, FieldView[]>();
  for (const field of observation.fields.filter(fits)) {
    const key = `${field.frame}/${field.form ?? 'loose'}`;
    keys.set(key, [...(keys.get(key) ?? []), field]);
  }
  return [...keys.values()].flatMap((all) => {
    const { frame, form } = all[0] as FieldView;
    const inside = (other: { frame: number; form: number | null }): boolean =>
      other.frame === frame && other.form === form;
    const view = observation.forms.find(inside);
    const buttons = observation.buttons.filter((button) => inside(button) && (button.visible || !shown));
    const divided = parts(all, buttons);
    return divided.map((fields, index) => {
      const from = index === 0 ? -1 : (fields[0]?.order ?? 0) - 1;
      const to = divided[index + 1]?.[0]?.order ?? Number.POSITIVE_INFINITY;
      const within = (other: { frame: number; form: number | null; order: number }): boolean =>
        inside(other) && other.order > from && other.order < to;
      return {
        frame,
        form,
        fields,
        fixed: observation.fields.filter((field) => within(field) && !fits(field) && (field.visible || !shown)),
        checks: observation.checks.filter((check) => check.kind === 'box' && within(check)),
        buttons: buttons.filter(within),
        words: view ? spread(view.words) : '',
        heading: headingOf(divided.length === 1 ? view : undefined, fields),
        title: observation.title,
      };
    });
  });
}

/** What a person reads at the field, strongest first, and what its author called it. */
export function textsOf(field: FieldView): { shown: string; named: string } {
  return {
    shown: [field.label, field.placeholder, field.title].filter(Boolean).join(' | '),
    named: spread(`${field.name} ${field.id}`),
  };
}

/** Everything that is said about a field, as one text. */
export function wordsOf(field: FieldView): string {
  const { shown, named } = textsOf(field);
  return `${shown} | ${named} | ${shown === '' ? field.near : ''}`;
}

/** A button that leads to another page or form rather than sending this one. */
export function isLink(button: ButtonView): boolean {
  return button.tag === 'a' && button.href !== '' && !/^(#|javascript)/i.test(button.href);
}

/** Text of a button with what its author called it. */
export function buttonWords(button: ButtonView): string {
  return `${button.text} | ${spread(button.name)}`;
}

/** Words that name another way in, or another errand than sending the form. */
export function isAside(button: ButtonView): boolean {
  const words = buttonWords(button);
  return (
    says('recovery', words) ||
    says('otherMethod', words) ||
    says('dismiss', words) ||
    says('notSubmit', words) ||
    says('logOut', words)
  );
}
