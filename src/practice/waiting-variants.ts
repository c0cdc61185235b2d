import { formLogin } from './form-login.ts';
import type { Variant } from './variant.ts';

/** Logins that wait for somebody outside of the page: nobody gets in alone. */
export const WAITING_VARIANTS: readonly Variant[] = [
  {
    id: 'approve',
    title: 'approve',
    exercises: 'the sign-in is approved on a phone, by a number',
    mechanism: formLogin(),
    after: ['approve'],
  },
];
