import { type FoundFields, findFields } from './fields/find-fields.ts';
import { says, spread } from './fields/words.ts';
import type { ButtonView, Observation } from './observation.ts';

export const PAGE_KINDS = [
  'login',
  'identifier_step',
  'password_step',
  'code_step',
  'method_chooser',
  'sign_up',
  'password_change',
  'interstitial',
  'captcha',
  'error_page',
  'logged_in',
  'other',
] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

export interface PageState {
  kind: PageKind;
  reasons: string[];
  fields: FoundFields;
}

const STAY_SIGNED_IN =
  /stay signed in|keep me signed in|remember this (device|browser)|trust this (device|browser)|save your (login|password)|angemeldet bleiben|rester connect|mantener la sesion|permanecer conectado|resta connesso|ingelogd blijven|nie wylogowuj|оставаться в системе|oturumu acik tut|サインインの状態を維持|保持登录|로그인 상태 유지|add a passkey|create a passkey|set up a passkey/iu;

/** A control that leads away from the session. */
export function isLogOut(button: ButtonView): boolean {
  const words = `${button.text} ${spread(button.name)} ${spread(button.href.split('?')[0] ?? '')}`;
  return says('logOut', words) || /log-?_?out|sign-?_?out|log-?_?off|sign-?_?off/i.test(button.href);
}

/** A control that opens the login form: "Sign in" in a header, without another method's name. */
export function opensLogin(button: ButtonView): boolean {
  const { text } = button;
  if (!button.visible || button.disabled || text.length > 60) return false;
  return (
    says('submit', text) &&
    !/^(submit|go|enter)$/i.test(text) &&
    !says('otherMethod', text) &&
    !says('register', text) &&
    !says('recovery', text) &&
    !isLogOut(button)
  );
}

function signsUp(
  observation: Observation,
  { password, new_passwords: fresh, identifier, rest, submit }: FoundFields,
): string[] {
  const reasons: string[] = [];
  const anchor = password?.element ?? fresh[0]?.element ?? identifier?.element;
  if (!anchor) return reasons;
  const form = observation.forms.find((found) => found.frame === anchor.frame && found.form === anchor.form);
  if (submit && says('register', submit.element.text)) reasons.push('the button says register');
  if (form && says('register', `${spread(form.words)} ${form.heading}`)) reasons.push('the form is named register');
  const beside = rest.filter((field) => field.frame === anchor.frame && field.form === anchor.form);
  if (fresh.length > 0 && (identifier || beside.length > 0)) reasons.push('asks for a new password beside an account');
  if (
    beside.filter((field) => says('notIdentifier', `${field.label} ${field.placeholder} ${spread(field.name)}`))
      .length >= 2
  ) {
    reasons.push('asks for personal details');
  }
  return reasons;
}

/** What a page is, with the reasons. Pure. */
export function classify(observation: Observation, fields: FoundFields = findFields(observation)): PageState {
  const state = (kind: PageKind, ...reasons: string[]): PageState => ({ kind, reasons, fields });
  const { password, identifier, code, new_passwords: fresh, submit } = fields;
  const register = signsUp(observation, fields);
  if (fresh.length > 0 && (!password || fresh.length >= 2)) {
    if (register.length > 0 && !password) return state('sign_up', ...register);
    if (!identifier || password) return state('password_change', 'asks for a new password');
    return state('sign_up', ...register);
  }
  if (password && register.length >= 2) return state('sign_up', ...register);
  if (password && identifier) return state('login', ...password.reasons, ...identifier.reasons);
  if (password) return state('password_step', ...password.reasons);
  if (code.length > 0 && (code[0]?.score ?? 0) >= 4) return state('code_step', ...(code[0]?.reasons ?? []));
  if (identifier) {
    const text = submit?.element.text ?? '';
    const form = observation.forms.find(
      (found) => found.frame === identifier.element.frame && found.form === identifier.element.form,
    );
    const around = `${text} ${form ? `${spread(form.words)} ${form.heading}` : ''}`;
    if (says('newsletter', around)) return state('other', 'a newsletter form');
    if (says('search', around)) return state('other', 'a search form');
    if (register.length > 0) return state('sign_up', ...register);
    if (says('recovery', `${around} ${observation.headings.join(' ')}`) && !says('submit', around)) {
      return state('other', 'recovers an account');
    }
    if (says('submit', around) || says('next', text)) return state('identifier_step', ...identifier.reasons);
  }
  if (code.length > 0) return state('code_step', ...(code[0]?.reasons ?? []));
  if (observation.captchas.length > 0) return state('captcha', `shows ${observation.captchas.join(', ')}`);
  if (observation.buttons.some((button) => button.visible && isLogOut(button)))
    return state('logged_in', 'offers to log out');
  const text = [...observation.headings, ...observation.lines.slice(0, 30)].join(' | ');
  if (STAY_SIGNED_IN.test(text)) return state('interstitial', 'asks to stay signed in');
  const methods = observation.buttons.filter(
    (button) => button.visible && says('submit', button.text) && says('otherMethod', button.text),
  );
  if (methods.length >= 2) return state('method_chooser', `offers ${methods.length} other methods`);
  if (/^(4|5)\d\d\b|not found|server error|bad gateway|forbidden/i.test(observation.title)) {
    return state('error_page', `titled ${observation.title}`);
  }
  return state('other', 'no sign of a login');
}

/** The login form is there to be filled in. */
export function asksToLogIn(state: PageState): boolean {
  return ['login', 'password_step', 'identifier_step'].includes(state.kind);
}
