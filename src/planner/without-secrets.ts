import { withoutSecret } from '../common-words.ts';
import type { PlanRequestMessage } from '../execution/plan-message.ts';
import { secretForms } from '../secret-forms.ts';

/** What a value of a login is called in a prompt. */
export interface NamedValue {
  name: '{{username}}' | '{{password}}' | '{{extra}}';
  value: string;
}

/** Shorter forms are common in ordinary text. */
const SHORTEST = 3;

/**
 * A question in which every form of every value was replaced by its name; `scrub` takes out what has none (a seed, the
 * codes it gave).
 */
export function withoutSecrets(
  request: PlanRequestMessage,
  values: readonly NamedValue[],
  scrub: (text: string) => string,
): PlanRequestMessage {
  const forms = values
    .filter(({ value }) => value !== '')
    .flatMap(({ name, value }) => secretForms(value).map((form) => ({ name, form })))
    .filter(({ form }) => form.length >= SHORTEST)
    .sort((one, other) => other.form.length - one.form.length);
  const clean = (text: string): string => {
    let left = text;
    for (const { name, form } of forms) left = withoutSecret(left, form, name);
    return scrub(left);
  };
  return {
    ...request,
    controls: request.controls.map((control) => ({ ...control, words: clean(control.words) })),
    lines: request.lines.map((line) => ({ ...line, text: clean(line.text) })),
  };
}
