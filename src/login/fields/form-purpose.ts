import type { ButtonView, FieldView } from '../observation.ts';
import { isText, scoreCode, scoreIdentifier, scorePassword, splitBoxes } from './field-roles.ts';
import { findSubmit } from './find-submit.ts';
import { buttonWords, type FormGroup, isAside, isLink, textsOf, wordsOf } from './form-group.ts';
import { type Candidate, Score } from './score.ts';
import { says, type WordList } from './words.ts';

export const PURPOSES = ['login', 'sign_up', 'password_change', 'code', 'recovery', 'other'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What a form is for, with the signals, and its fields by what they could be. */
export interface FormPurpose {
  group: FormGroup;
  purpose: Purpose;
  score: number;
  reasons: string[];
  /** Every field that takes a password of some kind. */
  passwords: Candidate<FieldView>[];
  /** Best first. */
  identifiers: Candidate<FieldView>[];
  codes: Candidate<FieldView>[];
}

/** Counts of what a form asks for, and what the words around it say. */
interface Traits {
  passwords: Candidate<FieldView>[];
  /** Those that ask for a new or a repeated password. */
  fresh: Candidate<FieldView>[];
  identifiers: Candidate<FieldView>[];
  codes: Candidate<FieldView>[];
  /** Personal details, lists included. */
  details: number;
  payment: number;
  writes: boolean;
  texts: number;
  /** The button that sends it. */
  primary: ButtonView | null;
  says: (list: WordList) => { button: boolean; words: boolean; heading: boolean };
  /** The page is called after signing up, and not after logging in. */
  joinsByTitle: boolean;
  terms: boolean;
  /** "Sign in with …". */
  otherMethods: boolean;
  remember: boolean;
  recoveryLink: boolean;
  registerLink: boolean;
  loginLink: boolean;
}

function isFresh(candidate: Candidate<FieldView>): boolean {
  const { shown, named } = textsOf(candidate.element);
  return says('newPassword', shown) || says('newPassword', named);
}

/** A hidden number beside an account is its password; alone it is a code. */
function isPin(field: FieldView, group: FormGroup): boolean {
  if (scoreCode(field).score < 3) return false;
  const others = group.fields.filter((other) => other !== field);
  const account = others.some((other) => isText(other) && other.tag === 'input' && other.order < field.order);
  return !account || others.some(({ type }) => type === 'password');
}

/** Who logs in: by words, or because nothing else stands before the password. The nearest to the password of equals. */
function identifiersOf(fields: readonly FieldView[], password: FieldView | null): Candidate<FieldView>[] {
  const texts = fields.filter((field) => isText(field) && field.tag === 'input');
  const before = texts.filter((field) => password && field.order < password.order && scoreCode(field).score < 3);
  return texts
    .map((field) => {
      const found = scoreIdentifier(field, password);
      const only = before.length === 1 && before[0] === field && !says('captcha', wordsOf(field));
      if (!only) return found;
      const reasons = [...found.reasons, 'nothing else stands before the password +4'];
      return { ...found, score: Math.max(found.score, 0) + 4, reasons };
    })
    .filter(({ score }) => score >= (password ? 2 : 3))
    .sort(
      (a, b) => b.score - a.score || (password ? b.element.order - a.element.order : a.element.order - b.element.order),
    );
}

/** A name that the page filled in and does not let anyone change. */
function filledIn(group: FormGroup, password: FieldView): Candidate<FieldView>[] {
  const shown = group.fixed.filter((field) => field.visible && field.tag === 'input' && field.order < password.order);
  return identifiersOf(shown, password).filter(({ score }) => score >= 3);
}

/**
 * The same password a second time, for showing it: it has no name to be sent under, and reads like the one before it. A
 * repeated password of a sign-up has a name, or says that it repeats.
 */
function isTwin(field: FieldView, group: FormGroup): boolean {
  if (field.type !== 'password' || field.name !== '' || field.id !== '') return false;
  const before = group.fields[group.fields.indexOf(field) - 1];
  return before?.type === 'password' && before.name !== '' && textsOf(before).shown === textsOf(field).shown;
}

function traitsOf(group: FormGroup, boxes: readonly FieldView[]): Traits {
  const passwords = group.fields
    .map(scorePassword)
    .filter(({ element, score }) => score > -6 && (element.type === 'password' || score > 0))
    .filter(({ element }) => !boxes.includes(element) && !isPin(element, group) && !isTwin(element, group));
  const anchor = passwords[0]?.element ?? null;
  const taken = new Set(passwords.map(({ element }) => element));
  const codes =
    boxes.length > 0
      ? boxes.map((box) => new Score().add(6, `one of ${boxes.length} boxes for one character`).of(box))
      : group.fields
          .filter((field) => !taken.has(field))
          .map(scoreCode)
          .filter(({ score, element }) => score >= (anchor && element.max_length !== 6 ? 3 : 2));
  for (const { element } of codes) taken.add(element);
  const typed = identifiersOf(
    group.fields.filter((field) => !taken.has(field)),
    anchor,
  );
  const identifiers = typed.length > 0 || !anchor ? typed : filledIn(group, anchor);
  for (const { element } of identifiers) taken.add(element);
  const all = [...group.fields, ...group.fixed].filter((field) => !taken.has(field));
  const asks = (list: WordList): number => all.filter((field) => says(list, wordsOf(field))).length;
  const primary = findSubmit(group.buttons, group.fields, 'any')?.element ?? null;
  const others = group.buttons.filter((button) => button !== primary && isLink(button));
  const senders = group.buttons.filter(
    (button) => !isLink(button) && !isAside(button) && button.order > (group.fields[0]?.order ?? 0),
  );
  const around = (list: WordList) => ({
    button: senders.some((button) => says(list, buttonWords(button))),
    words: says(list, group.words),
    heading: says(list, group.heading),
  });
  return {
    passwords,
    fresh: passwords.filter(isFresh),
    identifiers,
    codes,
    details: asks('personal'),
    payment: asks('payment'),
    writes:
      group.fields.some((field) => field.tag === 'textarea' && !says('captcha', wordsOf(field))) && asks('writes') > 0,
    texts: group.fields.filter((field) => isText(field) && field.tag === 'input').length,
    primary,
    says: around,
    joinsByTitle: says('register', group.title) && !says('submit', group.title),
    terms: group.checks.some(({ label, name }) => says('terms', `${label} ${name}`)),
    otherMethods: group.buttons.some(
      ({ text }) => says('otherMethod', text) && (says('submit', text) || says('next', text)),
    ),
    remember: group.checks.some(({ label, name }) => says('remember', `${label} ${name}`) && !says('terms', label)),
    recoveryLink: group.buttons.some((button) => button !== primary && says('recovery', button.text)),
    registerLink: others.some(({ text }) => says('register', text)),
    loginLink: others.some(({ text }) => says('submit', text) && !says('register', text)),
  };
}

function newsletter(t: Traits): boolean {
  const { button, words, heading } = t.says('newsletter');
  return button || words || heading;
}

function login(t: Traits): Score {
  const score = new Score();
  const enters = t.says('submit');
  const joins = t.says('register');
  const one = t.passwords.length === 1;
  // A text box that is called a password is one only where everything else says so too.
  score.when(one, t.passwords[0]?.element.type === 'text' ? 2 : 4, 'one password');
  score.when(t.passwords.length === 2 && t.fresh.length === 0, 1, 'two passwords');
  score.when(
    t.passwords.some(({ element }) => element.autocomplete.includes('current-password')),
    3,
    'autocomplete current-password',
  );
  score.when(t.passwords.length > 0 && t.fresh.length === t.passwords.length, -4, 'a new password');
  score.when(t.passwords.length > 0 && t.identifiers.length > 0, 1, 'an account beside the password');
  score.when(enters.button && !joins.button, 3, 'its button says log in');
  score.when(enters.words && !joins.words, 2, 'it is named login');
  score.when(enters.heading && !joins.heading, 2, 'its heading says log in');
  score.when(t.remember, 2, 'offers to remember');
  score.when(t.recoveryLink, 2, 'offers to recover');
  score.when(t.registerLink && !joins.button, 1, 'offers to register elsewhere');
  const step = t.passwords.length === 0 && t.says('next').button;
  score.when(joins.button && !enters.button && !step, -4, 'its button says register');
  score.when(joins.words && !enters.words, -3, 'it is named register');
  score.when(joins.heading && !enters.heading, -2, 'its heading says register');
  // A sign-in form beside a sign-up says what it is; one that says nothing is what its page is called after.
  const plain = !enters.button && !enters.words && !enters.heading;
  score.when(t.joinsByTitle && plain, -3, 'its page is called after signing up');
  score.when(t.terms, -2, 'asks to agree to terms');
  score.when(t.details > 0, t.details === 1 ? -1 : -2 * Math.min(t.details, 3), 'asks for personal details');
  score.when(t.payment > 1, -3, 'asks for a card');
  score.when(t.texts > 3, -1, 'asks for much');
  if (t.passwords.length === 0) {
    const next = t.says('next').button;
    score.when(t.identifiers.length === 0, -12, 'asks for no account');
    score.when(t.identifiers.length === 1 && t.texts === 1, 2, 'asks for an account alone');
    score.when(next && !enters.button, 2, 'its button says next');
    score.when(t.otherMethods, 2, 'offers other methods');
    score.when(enters.heading && joins.heading, 1, 'its heading says log in or register');
    score.when(!enters.button && !next, -4, 'its button does not say log in');
    score.when(newsletter(t), -5, 'a newsletter');
    score.when(t.says('search').button || t.says('search').words, -5, 'a search');
    score.when(
      t.says('recovery').button || t.says('recovery').heading || t.says('recovery').words,
      -4,
      'it recovers an account',
    );
    score.when(t.writes, -4, 'asks for a message');
    score.when(t.texts > 2, -3, 'asks for more than an account');
  }
  return score;
}

function signUp(t: Traits): Score {
  const score = new Score();
  const joins = t.says('register');
  const enters = t.says('submit');
  const repeated = t.fresh.length > 0;
  score.when(t.passwords.length > 0, 1, 'a password');
  score.when(t.passwords.length === 2 && t.identifiers.length > 0, 2, 'two passwords beside an account');
  score.when(repeated, 3, 'asks for a new or repeated password');
  score.when(
    t.passwords.some(({ element }) => element.autocomplete.includes('new-password')),
    2,
    'autocomplete new-password',
  );
  score.when(t.identifiers.length > 1 && t.passwords.length > 0, 1, 'asks for two names');
  score.when(joins.button, enters.button ? 1 : 5, 'its button says register');
  score.when(joins.words && !enters.words, 4, 'it is named register');
  score.when(joins.heading && !enters.heading, 3, 'its heading says register');
  score.when(t.joinsByTitle && !enters.button, 3, 'its page is called after signing up');
  score.when(t.terms, 2, 'asks to agree to terms');
  score.when(t.details > 0, Math.min(t.details, 4), 'asks for personal details');
  score.when(t.details > 1 && t.passwords.length > 0, 2, 'a password beside personal details');
  score.when(t.loginLink && t.passwords.length > 0, 1, 'offers to log in elsewhere');
  score.when(t.remember, -2, 'offers to remember');
  score.when(t.recoveryLink, -1, 'offers to recover');
  score.when(t.identifiers.length === 0, -3, 'asks for no account');
  score.when(t.payment > 0, -4, 'asks for a card');
  if (t.passwords.length === 0) {
    score.add(-2, 'asks for no password');
    // A message beside a password is a remark of somebody who joins.
    score.when(t.writes, -4, 'asks for a message');
    const first = t.joinsByTitle && (joins.button || joins.words || joins.heading);
    score.when(t.texts <= 1 && !t.terms && !first, -4, 'asks for an address alone');
    score.when(newsletter(t), -5, 'a newsletter');
  }
  return score;
}

function passwordChange(t: Traits): Score {
  const score = new Score();
  const changes = t.says('changesPassword');
  if (t.passwords.length === 0) return score.add(-12, 'asks for no password');
  const current = t.passwords.length - t.fresh.length;
  score.when(t.passwords.length >= 2 && t.fresh.length > 0 && current >= 1, 3, 'an old and a new password');
  score.when(t.passwords.length >= 3, 3, 'three passwords');
  score.when(t.fresh.length === t.passwords.length, 3, 'asks for new passwords alone');
  score.when(t.identifiers.length === 0, 2, 'asks for no account');
  score.when(t.identifiers.length > 0, -3, 'asks for an account');
  score.when(changes.button, 3, 'its button says change');
  score.when(changes.words, 2, 'it is named change');
  score.when(changes.heading, 3, 'its heading says change');
  score.when(t.says('register').button, -4, 'its button says register');
  score.when(t.passwords.length === 1 && t.fresh.length === 0, -5, 'one password');
  score.when(t.details > 0, -2, 'asks for personal details');
  return score;
}

function code(t: Traits): Score {
  const score = new Score();
  const bestCode = Math.max(0, ...t.codes.map((candidate) => candidate.score));
  if (bestCode === 0) return score.add(-12, 'asks for no code');
  score.add(Math.min(bestCode, 8), 'a field for a code');
  score.when(t.passwords.length > 0, -5, 'a password');
  score.when(t.identifiers.length > 0, -3, 'an account');
  score.when(t.says('verify').button || t.says('next').button, 1, 'its button says confirm');
  score.when(t.says('code').heading || t.says('code').words, 2, 'it is named after a code');
  score.when(t.details > 0, -3, 'asks for personal details');
  score.when(t.payment > 0, -5, 'asks for a card');
  score.when(t.says('search').button || t.says('newsletter').button, -4, 'another errand');
  score.when(t.texts > 3 && t.codes.length === 1, -3, 'asks for more than a code');
  return score;
}

function recovery(t: Traits): Score {
  const score = new Score();
  const lost = t.says('recovery');
  if (t.identifiers.length === 0 || t.passwords.length > 0) return score.add(-12, 'no account alone');
  score.when(lost.button, 5, 'its button says recover');
  score.when(lost.heading, 4, 'its heading says recover');
  score.when(lost.words, 4, 'it is named recover');
  score.when(t.texts > 2, -2, 'asks for much');
  return score;
}

/** Under this a form is for something else. */
const LEAST: Record<Exclude<Purpose, 'other'>, number> = {
  login: 4,
  sign_up: 4,
  password_change: 5,
  code: 3,
  recovery: 4,
};

/** What a form is for. Pure. */
export function purposeOf(group: FormGroup): FormPurpose {
  const boxes = splitBoxes(group.fields);
  const traits = traitsOf(group, boxes);
  const scores = {
    login: login(traits),
    sign_up: signUp(traits),
    password_change: passwordChange(traits),
    code: code(traits),
    recovery: recovery(traits),
  };
  const { passwords, identifiers, codes } = traits;
  let found: Pick<FormPurpose, 'purpose' | 'score' | 'reasons'> = { purpose: 'other', score: 0, reasons: [] };
  for (const [purpose, { total, reasons }] of Object.entries(scores) as [Exclude<Purpose, 'other'>, Score][]) {
    if (total >= LEAST[purpose] && total > found.score) found = { purpose, score: total, reasons };
  }
  return { group, ...found, passwords, identifiers, codes };
}
