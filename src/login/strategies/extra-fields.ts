import { fold } from '../../fold.ts';
import { checkPlaces } from '../check-places.ts';
import { findSubmit } from '../fields/find-submit.ts';
import { spread } from '../fields/words.ts';
import { begin, Ended, type LoginRun, note, secretOf } from '../login-run.ts';
import type { FieldView, Observation } from '../observation.ts';
import type { Look } from '../observe.ts';
import { arm, submitOnce, typeInto } from '../submit.ts';

const CHOOSE_TIMEOUT_MS = 5_000;

/** A field with the label by which the credential knows its answer. */
export interface ExtraField {
  field: FieldView;
  label: string;
}

/** Words of a field, for matching a label of `extra_fields`. */
function wordsOf(field: FieldView): string {
  return fold(`${field.label} ${field.placeholder} ${field.near} ${spread(field.name)} ${spread(field.id)}`);
}

/** Fields the credential has an answer for, lists to choose from included. Those that were filled by others are left. */
export function extraFieldsIn(run: LoginRun, { fields }: Observation, taken: readonly FieldView[]): ExtraField[] {
  const open = fields.filter(
    (field) =>
      field.visible && !field.disabled && !field.read_only && field.type !== 'password' && !taken.includes(field),
  );
  return run.task.extra_fields.flatMap((label) => {
    const field = open.find((found) => wordsOf(found).includes(fold(label)));
    return field ? [{ field, label }] : [];
  });
}

/** Types the answer, or chooses it from a list by what the list shows or by its value. */
export async function putExtra(run: LoginRun, look: Look, { field, label }: ExtraField): Promise<void> {
  const value = (await secretOf(run)).extra_fields[label] ?? '';
  const element = await look.element(field);
  if (!element || field.tag !== 'select') return typeInto(run, element, value);
  const options = await element.evaluate((list) =>
    [...(list as HTMLSelectElement).options].map((option) => [option.label, option.value]),
  );
  const index = options.findIndex((names) => names.some((name) => fold(name.trim()) === fold(value.trim())));
  if (index < 0) {
    note(
      run,
      'no_option',
      -2,
      `The list "${field.label || field.name}" has no entry for the answer of the credential.`,
    );
    throw new Ended({ code: 'needs_more_information', details: { field: label }, rule: 'asks_for_more' });
  }
  await run.progress.part('fill', () =>
    element.selectOption({ index }, { timeout: CHOOSE_TIMEOUT_MS, signal: run.progress.signal }),
  );
}

/** A page of its own that asks for what the credential answers by label: a company before, a question after the password. */
export async function submitExtra(run: LoginRun, look: Look, extras: readonly ExtraField[]): Promise<void> {
  const last = extras.at(-1)?.field;
  if (!last) throw new Ended({ code: 'inconclusive' });
  checkPlaces(run, look, last);
  run.progress.step();
  await begin(run, 'extra', look.observation.frames[last.frame]?.origin ?? '');
  await secretOf(run);
  if (run.passkey.tookOver) return;
  arm(run, look);
  for (const extra of extras) await putExtra(run, look, extra);
  const filled = extras.map(({ field }) => field);
  const shown = look.observation.buttons.filter(({ visible }) => visible);
  await submitOnce(run, look, ['extra'], findSubmit(shown, filled, 'any'), last);
}
