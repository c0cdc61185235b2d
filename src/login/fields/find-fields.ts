import type { ButtonView, CheckView, FieldView, Observation } from '../observation.ts';
import { scoreRemember, scoreTenant } from './field-roles.ts';
import { findSubmit } from './find-submit.ts';
import { formGroups, usable } from './form-group.ts';
import { type FormPurpose, type Purpose, purposeOf } from './form-purpose.ts';
import { best, type Candidate } from './score.ts';

/** The elements of the form a page is about, by role. */
export interface FoundFields {
  /** What the form is for, and why. */
  purpose: Purpose;
  reasons: string[];
  /** The form is in the page but not shown. */
  hidden: boolean;
  identifier: Candidate<FieldView> | null;
  /** Takes the current password. */
  password: Candidate<FieldView> | null;
  new_passwords: Candidate<FieldView>[];
  /** One box, or the boxes of a split code in order. */
  code: Candidate<FieldView>[];
  submit: Candidate<ButtonView> | null;
  /** Asks which company, workspace or domain the account belongs to. Filled only by an extra field of the credential. */
  tenant: Candidate<FieldView> | null;
  /** "Remember me", "trust this device". Never ticked. */
  remember: Candidate<CheckView> | null;
  /** Visible fields none of these roles took. */
  rest: FieldView[];
}

/** Which form a page is about: what can be logged in to goes before what else it offers. */
const RANK: Record<Purpose, number> = { login: 6, code: 5, password_change: 3, sign_up: 3, recovery: 2, other: 0 };

/** Signals beyond this make a form no surer. */
const MOST = 16;
const HEADER_PX = 130;

function mainForm(observation: Observation, shown: boolean): FormPurpose | null {
  const forms = formGroups(observation, shown).map(purposeOf);
  const weight = ({ purpose, score, group }: FormPurpose): number => {
    // A small form in the header of a page that has a large one is the lesser of the two.
    const inHeader = group.fields.every(({ box }) => box.y < HEADER_PX);
    return (
      RANK[purpose] * 3 +
      Math.min(score, MOST) -
      (inHeader ? 2 : 0) -
      (group.fields.some((field) => field.covered) ? 1 : 0)
    );
  };
  let main: FormPurpose | null = null;
  for (const form of forms) {
    if (form.purpose !== 'other' && (main === null || weight(form) > weight(main))) main = form;
  }
  return main;
}

const NOTHING: FoundFields = {
  purpose: 'other',
  reasons: [],
  hidden: false,
  identifier: null,
  password: null,
  new_passwords: [],
  code: [],
  submit: null,
  tenant: null,
  remember: null,
  rest: [],
};

/** Of the passwords of a form, those that take a new one. */
function newOnes({ purpose, passwords }: FormPurpose): Candidate<FieldView>[] {
  if (purpose === 'sign_up') return passwords;
  if (purpose !== 'password_change') return [];
  const current = passwords.filter(({ score }) => score >= 3);
  // A form to change it asks for the old one first, or not at all.
  const old = current.length < passwords.length ? current[0] : passwords.length >= 3 ? passwords[0] : undefined;
  return passwords.filter((candidate) => candidate !== old);
}

function take(observation: Observation, form: FormPurpose, hidden: boolean): FoundFields {
  const { purpose, reasons, group } = form;
  const fresh = newOnes(form);
  const currents = form.passwords.filter((candidate) => !fresh.includes(candidate));
  const password = purpose === 'login' || purpose === 'password_change' ? (currents[0] ?? null) : null;
  const identifier = purpose === 'code' || purpose === 'password_change' ? null : (form.identifiers[0] ?? null);
  const code = purpose === 'login' || purpose === 'code' ? codesOf(form) : [];
  const filled = [...(identifier ? [identifier] : []), ...(password ? [password] : []), ...fresh, ...code].map(
    ({ element }) => element,
  );
  const shown = observation.buttons.filter((button) => button.visible || hidden);
  const inForm = group.form === null ? shown : shown.filter((button) => button.frame === group.frame);
  const taken = new Set(filled);
  const login = purpose === 'login' || purpose === 'code';
  const others = [...group.fields, ...group.fixed].filter((field) => field.visible && !taken.has(field));
  return {
    purpose,
    reasons,
    hidden,
    identifier,
    password,
    new_passwords: fresh,
    code,
    submit: findSubmit(inForm, filled, purpose === 'code' ? 'code' : purpose === 'login' ? 'login' : 'any'),
    tenant: login ? best(others.map(scoreTenant)) : null,
    remember: login ? best(group.checks.map(scoreRemember)) : null,
    rest: observation.fields.filter((field) => usable(field) && !taken.has(field)),
  };
}

function codesOf({ codes }: FormPurpose): Candidate<FieldView>[] {
  if (codes.length > 1 && codes.every(({ element }) => element.max_length === 1)) return codes;
  const [first] = [...codes].sort((a, b) => b.score - a.score);
  return first ? [first] : [];
}

/**
 * Finds the form a page is about and its fields, with reasons. Pure. Fields that a person cannot see or type into are
 * looked at only when nothing else is there, and reported as hidden: they are never typed into.
 */
export function findFields(observation: Observation): FoundFields {
  const shown = mainForm(observation, true);
  if (shown) return take(observation, shown, false);
  const hidden = mainForm(observation, false);
  const rest = observation.fields.filter(usable);
  if (hidden?.purpose === 'login') return { ...take(observation, hidden, true), rest };
  return { ...NOTHING, rest };
}
