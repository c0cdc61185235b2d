import { fold } from '../../fold.ts';
import { checkPlaces } from '../check-places.ts';
import { findSubmit } from '../fields/find-submit.ts';
import { spread } from '../fields/words.ts';
import { begin, Ended, type LoginRun, note, secretOf } from '../login-run.ts';
import type { FieldView, Observation } from '../observation.ts';
import type { Look } from '../observe.ts';
import type { SeenPage } from '../seen-page.ts';
import { sendForm } from '../send-form.ts';
import { arm, type Filling, NotSent, submitOnce, typeInto, typing } from '../submit.ts';

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
export async function putExtra(run: LoginRun, look: Look, { field, label }: ExtraField, how: Filling): Promise<void> {
  const value = (await secretOf(run)).extra_fields[label] ?? '';
  if (field.tag !== 'select') return typeInto(run, look, field, value, how);
  await typing(run, look, field, async (list) => {
    const options = await list.evaluate((select) =>
      [...(select as HTMLSelectElement).options].map((option) => [option.label, option.value]),
    );
    const index = options.findIndex((names) => names.some((name) => fold(name.trim()) === fold(value.trim())));
    if (index < 0) {
      const name = field.label || field.name;
      note(run, 'no_option', -2, `The list "${name}" has no entry for the answer of the credential.`);
      throw new Ended({ code: 'needs_more_information', details: { field: label }, rule: 'asks_for_more' });
    }
    await list.selectOption({ index }, { timeout: CHOOSE_TIMEOUT_MS, signal: run.progress.signal });
  });
}

/** A page of its own that asks for what the credential answers by label: a company before, a question after the password. */
export async function submitExtra(run: LoginRun, page: SeenPage, extras: readonly ExtraField[]): Promise<void> {
  const anchor = extras.at(-1)?.field;
  if (!anchor) throw new Ended({ code: 'inconclusive' });
  checkPlaces(run, page.look, anchor);
  const origin = page.look.observation.frames[anchor.frame]?.origin ?? '';
  run.progress.step();
  await begin(run, 'extra', origin);
  await secretOf(run);
  const labels = extras.map(({ label }) => label).join();
  await sendForm(run, page, ['extra'], async (now, round) => {
    if (run.passkey.tookOver) return;
    const { look } = now;
    const found = now === page ? extras : extraFieldsIn(run, look.observation, []);
    const last = found.at(-1)?.field;
    if (!last || found.map(({ label }) => label).join() !== labels) throw new NotSent('gone');
    checkPlaces(run, look, last);
    if (look.observation.frames[last.frame]?.origin !== origin) throw new NotSent('gone');
    arm(run, look);
    for (const extra of found) await putExtra(run, look, extra, round);
    const fields = found.map(({ field }) => field);
    const shown = look.observation.buttons.filter(({ visible }) => visible);
    const submit = findSubmit(shown, fields, 'any');
    // A list may stand for its answer by an empty value.
    const typed = fields.filter(({ tag }) => tag !== 'select');
    await submitOnce(run, look, { ...round, stages: ['extra'], submit, last, typed });
  });
}
