import { type FoundFields, findFields } from './fields/find-fields.ts';
import { says } from './fields/words.ts';
import { isLogOut } from './log-out.ts';
import { wayToPassword } from './login-methods.ts';
import type { ButtonView, Observation } from './observation.ts';
import { questionOf } from './questions.ts';

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

/** A control that opens the login form: "Sign in" in a header, without another method's name. */
export function opensLogin(button: ButtonView): boolean {
  const { text } = button;
  if (!button.visible || button.disabled || text.length > 60) return false;
  return (
    says('submit', text) &&
    !says('otherMethod', text) &&
    !says('register', text) &&
    !says('recovery', text) &&
    !isLogOut(button, [])
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
  // A way out stands on many a question too, so what the page asks comes first.
  const asked = questionOf(observation, null);
  if (asked) return state('interstitial', `asks: ${asked.topic}`);
  if (observation.buttons.some((button) => button.visible && isLogOut(button, observation.forms)))
    return state('logged_in', 'offers to log out');
  const methods = observation.buttons.filter(
    (button) => button.visible && says('submit', button.text) && says('otherMethod', button.text),
  );
  if (wayToPassword(observation)) return state('method_chooser', 'offers the password beside other methods');
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
