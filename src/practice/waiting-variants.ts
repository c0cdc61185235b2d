import { formLogin } from './form-login.ts';
import { magicLink } from './magic-link-pages.ts';
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
  {
    id: 'magic-link',
    title: 'magic-link',
    exercises: 'a link is sent that logs in whoever opens it, once',
    mechanism: magicLink,
  },
];
