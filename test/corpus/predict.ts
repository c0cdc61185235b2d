import { classify, type PageKind } from '../../src/login/page-state.ts';
import type { Recording } from './record-pages.ts';

/** One line of the corpus scorer's input: selectors by role and the kind in its words. */
export interface Prediction {
  file: string;
  username?: string;
  password?: string;
  newPassword?: string;
  otp?: string;
  submit?: string;
  pageKind: 'login' | 'signup' | 'password-change' | 'otp' | 'other';
}

const KINDS: Partial<Record<PageKind, Prediction['pageKind']>> = {
  login: 'login',
  identifier_step: 'login',
  password_step: 'login',
  sign_up: 'signup',
  password_change: 'password-change',
  code_step: 'otp',
};

/** What the recogniser says about a recorded page. */
export function predict({ file, observation, selectors }: Recording): Prediction {
  const { kind, fields } = classify(observation);
  const named = (role: 'username' | 'password' | 'newPassword' | 'otp' | 'submit', ref: number | undefined) =>
    ref === undefined ? {} : { [role]: selectors[ref] };
  return {
    file,
    ...named('username', fields.identifier?.element.ref),
    ...named('password', fields.password?.element.ref),
    ...named('newPassword', fields.new_passwords[0]?.element.ref),
    ...named('otp', fields.code[0]?.element.ref),
    ...named('submit', fields.submit?.element.ref),
    pageKind: KINDS[kind] ?? 'other',
  };
}
