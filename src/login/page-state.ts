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
    !says('otherMethod', text) &&
    !says('register', text) &&
    !says('recovery', text) &&
    !isLogOut(button)
  );
}

function loginKind({ password, identifier }: FoundFields): PageKind {
  if (password && identifier) return 'login';
  return password ? 'password_step' : 'identifier_step';
}

/** What a page is, with the reasons. Pure. */
export function classify(observation: Observation, fields: FoundFields = findFields(observation)): PageState {
  const state = (kind: PageKind, ...reasons: string[]): PageState => ({ kind, reasons, fields });
  const { purpose, reasons } = fields;
  if (purpose === 'login' && !fields.hidden) return state(loginKind(fields), ...reasons);
  if (purpose === 'code') return state('code_step', ...reasons);
  if (purpose === 'sign_up') return state('sign_up', ...reasons);
  if (purpose === 'password_change') return state('password_change', ...reasons);
  if (observation.captchas.length > 0) return state('captcha', `shows ${observation.captchas.join(', ')}`);
  if (observation.buttons.some((button) => button.visible && isLogOut(button)))
    return state('logged_in', 'offers to log out');
  const text = [...observation.headings, ...observation.lines.slice(0, 30)].join(' | ');
  if (says('staysSignedIn', text)) return state('interstitial', 'asks to stay signed in');
  const methods = observation.buttons.filter(
    ({ visible, text }) => visible && says('otherMethod', text) && (says('submit', text) || says('next', text)),
  );
  if (methods.length >= 2) return state('method_chooser', `offers ${methods.length} other methods`);
  if (/^(4|5)\d\d\b|not found|server error|bad gateway|forbidden/i.test(observation.title)) {
    return state('error_page', `titled ${observation.title}`);
  }
  if (purpose === 'login') return state(loginKind(fields), ...reasons, 'not shown');
  return state('other', ...(purpose === 'recovery' ? reasons : ['no sign of a login']));
}

/** The login form is there to be filled in. */
export function asksToLogIn(state: PageState): boolean {
  return !state.fields.hidden && ['login', 'password_step', 'identifier_step'].includes(state.kind);
}
