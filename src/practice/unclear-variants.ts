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
  row('name', 'the name is asked for in words that mean nothing elsewhere', unlabelledName({ foreign: false }), {
    delayMs: 1_000,
  }),
  row('fields', 'name and password are, too, beside terms to agree to', unlabelledFields, { entry: 'oak' }),
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

function row(
  id: string,
  exercises: string,
  mechanism: Variant['mechanism'],
  more: Pick<Variant, 'entry' | 'delayMs'> = {},
): Variant {
  return { id: `unclear-${id}`, title: exercises, exercises, mechanism, ...more };
}
