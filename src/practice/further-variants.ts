import { formLogin } from './form-login.ts';
import { closedShadowForm, codeInFrame, nestedShadowForm, scriptedForm } from './hosted-forms.ts';
import * as methods from './method-pages.ts';
import { popUpForm } from './pop-up-form.ts';
import { providerInFrame, throughProvider } from './provider.ts';
import { extraOnFirstPage } from './tenant-first.ts';
import type { Variant } from './variant.ts';

const form = formLogin();

/** Logins with something between: a choice of method, a question, another origin, another window. */
export const FURTHER_VARIANTS: readonly Variant[] = [
  row('method-chooser', 'a list of ways in after the name; only the password is held', methods.methodAfterName),
  row('another-way', 'a page that waits for a passkey and hides the password two clicks away', methods.anotherWay),
  row('code-or-password', 'a code by e-mail that can be passed by with the password', methods.codeOrPassword),
  row('password-among-others', "the password's way in stands last among other accounts", methods.passwordAmongOthers),
  row(
    'account-chooser',
    'a list of accounts in which the wanted one stands',
    methods.accountChooser({ strangers: false }),
  ),
  row('other-account', 'a list of accounts of other people', methods.accountChooser({ strangers: true })),
  { ...row('consent', 'the account may be used only after "Allow"', form), after: ['consent'] },
  { ...row('terms', 'new terms are agreed to where there is no other way', form), after: ['terms'] },
  { ...row('passkey-nag', 'a passkey is offered after the password', form), after: ['passkey'] },
  { ...row('reminder', 'a question that can be put off', form), after: ['reminder'] },
  { ...row('stay-or-leave', 'the answer that comes first logs out', form), after: ['stay-or-leave'] },
  {
    ...row('questions-in-a-row', 'four questions between password and account', form),
    after: ['passkey', 'reminder', 'terms', 'stay'],
  },
  {
    ...row('unnamed-way-out', 'the only button of the account page logs out and says "Continue"', form),
    ornaments: ['unnamed-way-out'],
    accountPage: ['Stay signed in to see your deliveries.'],
  },
  row(
    'provider',
    'a redirect to another origin and back, with the answer in the address',
    throughProvider({ answer: 'query' }),
  ),
  row(
    'provider-form',
    'the answer comes back in a form that posts itself',
    throughProvider({ answer: 'form', button: true }),
  ),
  row('provider-slow-form', 'that form takes its time', throughProvider({ answer: 'form', afterMs: 3_000 })),
  row(
    'provider-stays',
    'the page after the login has the answer in its address',
    throughProvider({ answer: 'query', stays: true }),
  ),
  row('provider-in-frame', "the form lies in a frame of the provider's origin", providerInFrame),
  row('pop-up', 'the form opens in a window that closes by itself', popUpForm),
  row('nested-shadow', 'a form three open shadow roots deep', nestedShadowForm),
  row('closed-shadow', 'a form that cannot be looked into', closedShadowForm),
  { ...row('fixed-name', 'the name of somebody else that cannot be changed', form), ornaments: ['fixed-name'] },
  { ...row('floating-label', 'labels that lie over their fields', form), ornaments: ['floating-label'] },
  { ...row('company', 'the company is asked beside name and password', form), ornaments: ['company'] },
  { ...row('domain', 'a list of domains beside name and password', form), ornaments: ['domain'] },
  row('company-first', 'the company is asked on a page of its own', extraOnFirstPage),
  { ...row('code-in-frame', 'the code is asked in a frame', codeInFrame), code: 'in-frame' },
  { ...row('trust-device', 'a box at the code that stays empty', form), ornaments: ['trust-device'] },
  { ...row('toast', 'a refusal that is gone after 300 ms', scriptedForm('toast')), errorStatus: 200 },
  {
    ...row('slow-toast', 'the same, and the page a right login leads to takes 4 s', scriptedForm('toast')),
    errorStatus: 200,
    accountDelayMs: 4_000,
  },
  { ...row('invalid-only', 'a refusal without words: the field is marked', scriptedForm('invalid')), errorStatus: 200 },
];

function row(id: string, exercises: string, mechanism: Variant['mechanism']): Variant {
  return { id, title: exercises, exercises, mechanism };
}
