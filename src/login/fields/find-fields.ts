import type { ButtonView, FieldView, Observation } from '../observation.ts';
import { says, spread, type WordList } from './words.ts';

export type Role = 'identifier' | 'password' | 'new_password' | 'code' | 'submit';

/** How well an element fits a role, with the signals that say so. */
export interface Candidate<T> {
  element: T;
  score: number;
  reasons: string[];
}

/** The elements of one form (or of the loose fields of one frame) by role. */
export interface FoundFields {
  identifier: Candidate<FieldView> | null;
  password: Candidate<FieldView> | null;
  new_passwords: Candidate<FieldView>[];
  /** One box, or the boxes of a split code in order. */
  code: Candidate<FieldView>[];
  submit: Candidate<ButtonView> | null;
  /** Visible fields none of these roles took. */
  rest: FieldView[];
}

/** A score under this is no claim. */
const ENOUGH = 2;

class Score {
  total = 0;
  readonly reasons: string[] = [];

  add(weight: number, reason: string): void {
    this.total += weight;
    this.reasons.push(`${reason} ${weight > 0 ? '+' : ''}${weight}`);
  }
}

/** Whether a field can be typed into by a person: seen, enabled, not read-only. A honeypot is not. */
export function usable(field: FieldView): boolean {
  return field.visible && !field.disabled && !field.read_only && field.tag !== 'select';
}

/** What a person reads at the field, strongest first, and what its author called it. */
function texts(field: FieldView): { shown: string; named: string } {
  return {
    shown: [field.label, field.placeholder, field.title].filter(Boolean).join(' | '),
    named: spread(`${field.name} ${field.id}`),
  };
}

function addWords(score: Score, field: FieldView, list: WordList, weight: number): boolean {
  const { shown, named } = texts(field);
  if (says(list, shown)) {
    score.add(weight, `label says ${list}`);
    return true;
  }
  if (says(list, named)) {
    score.add(weight, `name says ${list}`);
    return true;
  }
  if (shown === '' && says(list, field.near)) {
    score.add(Math.sign(weight) * Math.max(1, Math.abs(weight) - 1), `text before says ${list}`);
    return true;
  }
  return false;
}

const TEXT_TYPES = ['text', 'email', 'tel', 'number', 'url', 'search', ''];

/** A code may be typed into a box that hides it. */
function scoreCode(field: FieldView): Candidate<FieldView> {
  const score = new Score();
  const isText = TEXT_TYPES.includes(field.type);
  if (!isText && field.type !== 'password') return { element: field, score: 0, reasons: [] };
  if (field.autocomplete.includes('one-time-code')) score.add(6, 'autocomplete one-time-code');
  if (says('captcha', `${texts(field).shown} ${texts(field).named}`)) score.add(-6, 'asks for a captcha');
  const worded = addWords(score, field, 'code', 3);
  addWords(score, field, 'notCode', -4);
  if (field.type === 'password') {
    if (says('password', texts(field).named) || says('password', texts(field).shown))
      score.add(-6, 'asks for a password');
    if (field.autocomplete.includes('password')) score.add(-6, 'autocomplete password');
  }
  if (worded || score.total >= 6) {
    if (field.input_mode === 'numeric' || field.type === 'tel' || field.type === 'number') score.add(1, 'numeric');
    if (field.max_length >= 4 && field.max_length <= 10) score.add(1, `at most ${field.max_length} characters`);
  }
  if (/username|email/.test(field.autocomplete)) score.add(-6, 'autocomplete names an account');
  return { element: field, score: score.total, reasons: score.reasons };
}

/** Boxes for one character each, side by side in one form. */
function splitBoxes(fields: readonly FieldView[]): FieldView[] {
  const single = fields.filter(
    (field) => usable(field) && field.max_length === 1 && [...TEXT_TYPES, 'password'].includes(field.type),
  );
  return single.length >= 4 && single.length <= 10 ? single : [];
}

function scorePassword(field: FieldView): Candidate<FieldView> {
  const score = new Score();
  const { shown, named } = texts(field);
  const disguised = field.type !== 'password' && field.autocomplete.includes('current-password');
  if (field.type === 'password') score.add(5, 'type password');
  else if (disguised) score.add(4, 'autocomplete current-password');
  else if (TEXT_TYPES.includes(field.type) && says('password', named) && says('password', `${shown} ${field.near}`)) {
    score.add(3, 'a text box named and labelled password');
  } else return { element: field, score: 0, reasons: [] };
  if (field.autocomplete.includes('current-password') && !disguised) score.add(3, 'autocomplete current-password');
  if (field.autocomplete.includes('new-password')) score.add(-4, 'autocomplete new-password');
  if (says('newPassword', shown) || says('newPassword', named)) score.add(-5, 'asks for a new or repeated password');
  if (says('currentPassword', shown) || says('currentPassword', named)) score.add(2, 'asks for the current password');
  return { element: field, score: score.total, reasons: score.reasons };
}

function scoreIdentifier(field: FieldView, password: FieldView | null): Candidate<FieldView> {
  const score = new Score();
  if (!TEXT_TYPES.includes(field.type) || field.type === 'search') return { element: field, score: 0, reasons: [] };
  if (/(^|\s)(username|email|webauthn)(\s|$)/.test(field.autocomplete)) {
    score.add(4, `autocomplete ${field.autocomplete.split(' ')[0]}`);
  }
  if (field.autocomplete.includes('one-time-code')) score.add(-8, 'autocomplete one-time-code');
  if (field.type === 'email') score.add(3, 'type email');
  if (field.type === 'tel' && says('identifier', `${texts(field).shown} ${texts(field).named}`))
    score.add(1, 'type tel');
  addWords(score, field, 'identifier', 4);
  addWords(score, field, 'notIdentifier', -5);
  addWords(score, field, 'tenant', -3);
  if (says('captcha', `${texts(field).shown} ${texts(field).named}`)) score.add(-8, 'asks for a captcha');
  if (password && field.frame === password.frame) {
    const before = password.order - field.order;
    if (before > 0 && field.form === password.form)
      score.add(before <= 4 ? 3 : 2, 'stands before the password in its form');
    else if (before > 0) score.add(1, 'stands before the password');
    if (before < 0) score.add(-3, 'stands after the password');
    if (field.form !== password.form) score.add(-3, 'in another form than the password');
  }
  return { element: field, score: score.total, reasons: score.reasons };
}

/** The button that sends these fields. `purpose` says which words fit. */
function scoreSubmit(
  button: ButtonView,
  anchor: FieldView,
  last: FieldView,
  purpose: 'login' | 'code',
): Candidate<ButtonView> {
  const score = new Score();
  const words = `${button.text} ${spread(button.name)}`;
  const link =
    button.tag === 'a' && button.href !== '' && !button.href.startsWith('#') && !button.href.startsWith('javascript');
  if (button.form !== null && button.form === anchor.form) score.add(3, 'in the form');
  else if (anchor.form !== null) score.add(-3, 'outside the form');
  if (button.type === 'submit' || button.type === 'image')
    score.add(button.tag === 'input' || button.form !== null ? 3 : 1, `type ${button.type}`);
  if (says('submit', words)) score.add(purpose === 'login' ? 5 : 3, 'says log in');
  else if (says('next', words)) score.add(4, 'says next');
  else if (says('verify', words)) score.add(purpose === 'code' ? 5 : 2, 'says confirm');
  else if (says('submit', spread(button.id))) score.add(1, 'named like a login button');
  if (says('register', words)) score.add(-5, 'says register');
  if (says('recovery', words)) score.add(-8, 'says recovery');
  if (says('otherMethod', words)) score.add(-6, 'names another method');
  if (says('dismiss', words)) score.add(-6, 'says cancel');
  if (says('notSubmit', words)) score.add(-5, 'does something else');
  if (says('logOut', words)) score.add(-20, 'says log out');
  if (link) score.add(-4, 'a link to another page');
  if (button.tag === 'summary' || button.tag === 'select') score.add(-4, `a ${button.tag}`);
  const below = button.box.y - last.box.y;
  if (below >= -10 && below < 260) score.add(2, 'just below the last field');
  else if (below < -10) score.add(-2, 'above the last field');
  if (button.order > last.order) score.add(1, 'after the last field');
  if (button.order > last.order && button.order - last.order <= 3) score.add(1, 'next after the last field');
  if (button.text === '' && button.type !== 'submit' && button.type !== 'image') score.add(-2, 'no text');
  return { element: button, score: score.total, reasons: score.reasons };
}

function best<T>(candidates: readonly Candidate<T>[]): Candidate<T> | null {
  let found: Candidate<T> | null = null;
  for (const candidate of candidates) {
    if (candidate.score >= ENOUGH && candidate.score > (found?.score ?? 0)) found = candidate;
  }
  return found;
}

function findSubmit(
  observation: Observation,
  filled: readonly FieldView[],
  purpose: 'login' | 'code',
): Candidate<ButtonView> | null {
  const last = filled.at(-1);
  if (!last) return null;
  const buttons = observation.buttons.filter((button) => button.visible && button.frame === last.frame);
  return best(buttons.map((button) => scoreSubmit(button, last, last, purpose)));
}

/** Fields that belong together: those of one form, or the loose ones of a frame. */
function groups(fields: readonly FieldView[]): FieldView[][] {
  const byGroup = new Map<string, FieldView[]>();
  for (const field of fields) {
    const key = `${field.frame}/${field.form ?? 'loose'}`;
    byGroup.set(key, [...(byGroup.get(key) ?? []), field]);
  }
  return [...byGroup.values()];
}

function registers(observation: Observation, group: readonly FieldView[]): boolean {
  const field = group[0];
  const form = observation.forms.find((found) => found.frame === field?.frame && found.form === field?.form);
  if (!form) return false;
  const words = `${spread(form.words)} ${form.heading}`;
  return says('register', words) && !says('submit', form.heading);
}

interface Group {
  fields: FieldView[];
  passwords: Candidate<FieldView>[];
  weight: number;
}

/** The login form among several: one current password, no sign of a sign-up, words of a login. */
function weigh(observation: Observation, fields: FieldView[]): Group {
  const codes = new Set(fields.filter((field) => scoreCode(field).score >= 3).map((field) => field.ref));
  const passwords = fields
    .filter((field) => !codes.has(field.ref))
    .map(scorePassword)
    .filter(({ score, reasons }) => score !== 0 || reasons.length > 0);
  const current = passwords.filter((candidate) => candidate.score >= ENOUGH);
  let weight = 0;
  if (current.length === 1) weight += 10;
  if (current.length > 1) weight += 2;
  if (passwords.length > current.length) weight -= 4;
  if (registers(observation, fields)) weight -= 6;
  if (fields.length > 5) weight -= 2;
  const field = fields[0];
  const form = observation.forms.find((found) => found.frame === field?.frame && found.form === field?.form);
  if (form && says('submit', `${spread(form.words)} ${form.heading}`)) weight += 2;
  if (fields.some((found) => found.covered)) weight -= 1;
  return { fields, passwords, weight };
}

/**
 * Finds the fields of the login (or the code, or the identifier step) on a page, with reasons. Pure. Only fields a
 * person could type into are considered.
 */
export function findFields(observation: Observation): FoundFields {
  const fields = observation.fields.filter(usable);
  const boxes = splitBoxes(fields);
  const boxed = new Set(boxes.map((field) => field.ref * 100 + field.frame));
  const open = fields.filter((field) => !boxed.has(field.ref * 100 + field.frame));
  const ranked = groups(open)
    .map((group) => weigh(observation, group))
    .sort((a, b) => b.weight - a.weight);
  const login = ranked.find((group) => group.passwords.some((candidate) => candidate.score >= ENOUGH)) ?? null;
  const password = login ? best(login.passwords) : null;
  const newPasswords =
    (login ?? ranked.find((group) => group.passwords.length > 0))?.passwords.filter(
      (candidate) => candidate.element !== password?.element,
    ) ?? [];
  const codes: Candidate<FieldView>[] =
    boxes.length > 0
      ? boxes.map((element) => ({ element, score: 6, reasons: [`one of ${boxes.length} boxes for one character +6`] }))
      : [
          best(
            open
              .filter((field) => field !== password?.element)
              .map(scoreCode)
              .filter(({ score }) => score >= 3),
          ),
        ].filter((found) => found !== null);
  const taken = new Set<FieldView>([
    ...codes.map((candidate) => candidate.element),
    ...newPasswords.map((candidate) => candidate.element),
  ]);
  if (password) taken.add(password.element);
  const identifier = best(
    open
      .filter((field) => !taken.has(field))
      .map((field) => scoreIdentifier(field, password?.element ?? null))
      .filter(({ element, score }) => score >= (password && element.form === password.element.form ? ENOUGH : 3)),
  );
  if (identifier) taken.add(identifier.element);
  const loginFields = [identifier?.element, password?.element].filter((field) => field !== undefined);
  const codeFields = codes.map((candidate) => candidate.element);
  const submit =
    password || (identifier && codes.length === 0)
      ? findSubmit(
          observation,
          lastInOrder([...loginFields, ...codeFields.filter((field) => field.form === loginFields.at(-1)?.form)]),
          'login',
        )
      : findSubmit(observation, lastInOrder(codeFields), 'code');
  return {
    identifier,
    password,
    new_passwords: newPasswords,
    code: codes,
    submit,
    rest: fields.filter((field) => !taken.has(field)),
  };
}

function lastInOrder(fields: readonly FieldView[]): FieldView[] {
  return [...fields].sort((a, b) => a.order - b.order);
}
