import { passkeyAfterPassword, passkeyLogin } from './passkey-pages.ts';
import type { Variant } from './variant.ts';

/** Logins by passkey. They work where the site is called localhost, and for accounts that made a passkey there. */
export const PASSKEY_VARIANTS: readonly Variant[] = [
  {
    id: 'passkey-button',
    title: 'passkey-button',
    exercises: 'a button takes a passkey, without a name or a password',
    mechanism: passkeyLogin('button'),
  },
  {
    id: 'passkey-conditional',
    title: 'passkey-conditional',
    exercises: 'the page offers passkeys in the list of its name field (conditional UI), as it loads',
    mechanism: passkeyLogin('conditional'),
  },
  {
    id: 'passkey-late',
    title: 'passkey-late',
    exercises: 'the same, a while after the page has loaded: its form may be filled in by then',
    mechanism: passkeyLogin('conditional', { waits: 1_500 }),
  },
  {
    id: 'passkey-named',
    title: 'passkey-named',
    exercises: 'the name comes first, and only a passkey of that account will do',
    mechanism: passkeyLogin('button', { named: true }),
  },
  {
    id: 'passkey-lingers',
    title: 'passkey-lingers',
    exercises: 'the name comes first, and its form stays for 3 s after the passkey was taken',
    mechanism: passkeyLogin('button', { named: true, lingers: 800 }),
    accountDelayMs: 2_500,
  },
  {
    id: 'passkey-second',
    title: 'passkey-second',
    exercises: 'a passkey is asked for after the password',
    mechanism: passkeyAfterPassword,
    after: ['use-passkey'],
  },
];
