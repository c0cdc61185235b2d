import type { CheckView, FieldView } from '../observation.ts';
import { textsOf, usable } from './form-group.ts';
import { type Candidate, Score } from './score.ts';
import { says, spread, type WordList } from './words.ts';

const TEXT_TYPES = ['text', 'email', 'tel', 'number', 'url', 'search', ''];

export function isText(field: FieldView): boolean {
  return TEXT_TYPES.includes(field.type);
}

/** Adds the weight once: for what is shown at the field, else for its name, else (weaker) for the text before it. */
function addWords(score: Score, field: FieldView, list: WordList, weight: number): boolean {
  const { shown, named } = textsOf(field);
  if (says(list, shown)) score.add(weight, `label says ${list}`);
  else if (says(list, named)) score.add(weight, `name says ${list}`);
  else if (shown === '' && says(list, field.near)) {
    score.add(Math.sign(weight) * Math.max(1, Math.abs(weight) - 1), `text before says ${list}`);
  } else return false;
  return true;
}

/** Words that say a field is a code for this login, apart from the many other things called a code. */
const CERTAIN_CODE = 6;

/** A code may be typed into a box that hides it. */
export function scoreCode(field: FieldView): Candidate<FieldView> {
  const score = new Score();
  if (field.tag === 'textarea' || (!isText(field) && field.type !== 'password')) return score.of(field);
  const { shown, named } = textsOf(field);
  const all = `${shown} | ${named}`;
  score.when(field.autocomplete.includes('one-time-code'), CERTAIN_CODE, 'autocomplete one-time-code');
  score.when(says('captcha', all), -6, 'asks for a captcha');
  // "Code" alone may be anything; beside a password it is often a customer's or a picture's.
  const worded = addWords(score, field, 'code', 3) || addWords(score, field, 'codeWord', 2);
  addWords(score, field, 'notCode', -4);
  score.when(says('payment', all) || /^cc-/.test(field.autocomplete), -6, 'asks for a card');
  if (field.type === 'password') {
    score.when(says('password', all) || says('password', field.near), -6, 'asks for a password');
    score.when(field.autocomplete.includes('password'), -6, 'autocomplete password');
  }
  score.when(/username|email/.test(field.autocomplete), -6, 'autocomplete names an account');
  if (worded || score.total >= CERTAIN_CODE) {
    const numeric = field.input_mode === 'numeric' || field.type === 'tel' || field.type === 'number';
    score.when(numeric, 1, 'numeric');
    score.when(field.max_length >= 4 && field.max_length <= 10, 1, `at most ${field.max_length} characters`);
  }
  return score.of(field);
}

/** Boxes for one character each, side by side in one form. */
export function splitBoxes(fields: readonly FieldView[]): FieldView[] {
  const single = fields.filter(
    (field) => usable(field) && field.max_length === 1 && [...TEXT_TYPES, 'password'].includes(field.type),
  );
  return single.length >= 4 && single.length <= 10 ? single : [];
}

/** A field for a password, current or new: which of them, the score's sign for `current` says. */
export function scorePassword(field: FieldView): Candidate<FieldView> {
  const score = new Score();
  const { shown, named } = textsOf(field);
  const disguised = field.type !== 'password' && field.autocomplete.includes('current-password');
  if (field.type === 'password') score.add(5, 'type password');
  else if (disguised) score.add(4, 'autocomplete current-password');
  else if (
    field.tag === 'input' &&
    isText(field) &&
    says('password', named) &&
    says('password', `${shown} ${field.near}`)
  ) {
    score.add(3, 'a text box named and labelled password');
  } else return score.of(field);
  score.when(field.autocomplete.includes('current-password') && !disguised, 3, 'autocomplete current-password');
  score.when(field.autocomplete.includes('new-password'), -2, 'autocomplete new-password');
  score.when(says('newPassword', shown) || says('newPassword', named), -5, 'asks for a new or repeated password');
  score.when(says('currentPassword', shown) || says('currentPassword', named), 2, 'asks for the current password');
  score.when(
    (says('payment', `${shown} ${named}`) || says('notPassword', `${shown} | ${named}`)) && !says('password', shown),
    -12,
    'asks for another secret',
  );
  return score.of(field);
}

/** How well a field fits who logs in; `password` is the password beside it. */
export function scoreIdentifier(field: FieldView, password: FieldView | null): Candidate<FieldView> {
  const score = new Score();
  if (!isText(field) || field.tag !== 'input') return score.of(field);
  const { shown, named } = textsOf(field);
  const all = `${shown} | ${named}`;
  score.when(/(^|\s)(username|webauthn)(\s|$)/.test(field.autocomplete), 5, 'autocomplete username');
  score.when(/(^|\s)email(\s|$)/.test(field.autocomplete), 4, 'autocomplete email');
  score.when(field.autocomplete.includes('one-time-code'), -8, 'autocomplete one-time-code');
  score.when(
    /given-name|family-name|address|postal|bday|organization|^cc-/.test(field.autocomplete),
    -6,
    'autocomplete names something else',
  );
  score.when(field.type === 'email', 3, 'type email');
  score.when(field.type === 'search', -6, 'type search');
  score.when(field.type === 'tel' && says('identifier', all), 1, 'type tel');
  addWords(score, field, 'identifier', 4);
  addWords(score, field, 'notIdentifier', -5);
  addWords(score, field, 'tenant', -3);
  score.when(says('captcha', all), -8, 'asks for a captcha');
  if (password && field.frame === password.frame) {
    const before = password.order - field.order;
    if (before > 0 && field.form === password.form)
      score.add(before <= 4 ? 3 : 2, 'stands before the password in its form');
    else if (before > 0) score.add(1, 'stands before the password');
    score.when(before < 0, -3, 'stands after the password');
    score.when(field.form !== password.form, -3, 'in another form than the password');
  }
  return score.of(field);
}

/** How well a field fits the tenant, company or domain the account lives in: a text box or a list beside the login. */
export function scoreTenant(field: FieldView): Candidate<FieldView> {
  const score = new Score();
  if (field.tag === 'textarea' || (field.tag === 'input' && !isText(field))) return score.of(field);
  const { shown, named } = textsOf(field);
  const all = `${shown} | ${named}`;
  score.when(field.autocomplete.includes('organization'), 4, 'autocomplete organization');
  addWords(score, field, 'tenant', 4);
  score.when(field.tag === 'select' && score.total > 0, 1, 'a list');
  score.when(/username|email/.test(field.autocomplete) || field.type === 'email', -6, 'asks for an account');
  score.when(says('search', all) || says('captcha', all), -6, 'asks for something else');
  return score.of(field);
}

/** How well a box to tick fits "remember me" or "trust this device". */
export function scoreRemember(check: CheckView): Candidate<CheckView> {
  const score = new Score();
  score.when(says('remember', check.label), 4, 'label says remember');
  score.when(says('remember', spread(check.name)), 3, 'name says remember');
  score.when(says('terms', check.label), -6, 'asks to agree to terms');
  return score.of(check);
}
