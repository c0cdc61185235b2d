import { unclearAnswer, unlabelledName, unlabelledOpener, unlabelledSender } from './unclear-pages.ts';
import type { Variant } from './variant.ts';

/** Logins that no rule can tell: what a language model is asked about, and what it must not touch there. */
export const UNCLEAR_VARIANTS: readonly Variant[] = [
  row('opener', 'the form opens by something that is a button only to the eye', unlabelledOpener),
  row('sender', 'nothing but a box that looks like a button sends the fields', unlabelledSender),
  row('name', 'the name is asked for in words that mean nothing elsewhere', unlabelledName({ foreign: false })),
  row('name-foreign', 'the same, and the name would go to another origin', unlabelledName({ foreign: true })),
  row('answer', 'the answer is in words of its own, on pages that are the same to everyone', unclearAnswer),
];

function row(id: string, exercises: string, mechanism: Variant['mechanism']): Variant {
  return { id: `unclear-${id}`, title: exercises, exercises, mechanism };
}
