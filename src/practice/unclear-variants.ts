import {
  unclearAnswer,
  unlabelledFields,
  unlabelledName,
  unlabelledOpener,
  unlabelledSender,
} from './unclear-pages.ts';
import type { Variant } from './variant.ts';

/** Logins that no rule can tell: what a language model is asked about, and what it must not touch there. */
export const UNCLEAR_VARIANTS: readonly Variant[] = [
  row('opener', 'the form opens by something that is a button only to the eye', unlabelledOpener),
  row('sender', 'nothing but a box that looks like a button sends the fields', unlabelledSender),
  row('name', 'the name is asked for in words that mean nothing elsewhere', unlabelledName({ foreign: false })),
  row('fields', 'name and password are, too, beside terms to agree to', unlabelledFields, 'oak'),
  row(
    'name-foreign',
    'the name is asked for like that and would go to another origin',
    unlabelledName({ foreign: true }),
  ),
  row(
    'answer',
    'the answer is in words of its own, on pages that are the same to everyone and say back what was typed',
    unclearAnswer,
  ),
];

/** `entry`: an address that does not give the login away. */
function row(id: string, exercises: string, mechanism: Variant['mechanism'], entry = 'login'): Variant {
  return { id: `unclear-${id}`, title: exercises, exercises, mechanism, entry };
}
