import { checkPlaces } from '../check-places.ts';
import { usable } from '../fields/form-group.ts';
import type { Candidate } from '../fields/score.ts';
import { fold, spread } from '../fields/words.ts';
import { armFuse } from '../fuse.ts';
import { begin, Ended, type LoginRun, secretOf } from '../login-run.ts';
import type { FieldView } from '../observation.ts';
import type { Look } from '../observe.ts';
import type { Stage } from '../outcome.ts';
import type { PageState } from '../page-state.ts';
import { arm, submitOnce, typeInto } from '../submit.ts';
import { askCode, typeCode } from './one-time-code.ts';

/** Words of a field, for matching a label of `extra_fields`. */
function wordsOf(field: FieldView): string {
  return fold(`${field.label} ${field.placeholder} ${field.near} ${spread(field.name)} ${spread(field.id)}`);
}

/** Fields the credential has an answer for, by label. */
function extraFields(run: LoginRun, state: PageState, anchor: FieldView): { field: FieldView; label: string }[] {
  const beside = state.fields.rest.filter((field) => field.frame === anchor.frame && field.form === anchor.form);
  return run.task.extra_fields.flatMap((label) => {
    const field = beside.find((found) => wordsOf(found).includes(fold(label)));
    return field ? [{ field, label }] : [];
  });
}

/**
 * Username and password on one page, or the password alone, or the identifier alone as a first step; with a one-time code
 * where the same form asks for it. One form, one submission.
 */
export async function submitCredentials(run: LoginRun, look: Look, state: PageState): Promise<void> {
  const { task, progress } = run;
  const { identifier, password, code, submit } = state.fields;
  const anchor = password ?? identifier;
  if (!anchor) throw new Ended({ code: 'not_a_login_page' });
  const origin = look.observation.frames[anchor.element.frame]?.origin ?? '';
  checkPlaces(run, look, anchor.element);
  const typesName =
    identifier !== null && usable(identifier.element) && task.has_username && !run.begun.has('identifier');
  const extras = extraFields(run, state, anchor.element);
  const codeHere = password ? code.filter((box) => box.element.form === password.element.form) : [];
  progress.step();
  const stages: Stage[] = [];
  const start = async (stage: Stage): Promise<void> => {
    await begin(run, stage, origin);
    stages.push(stage);
  };
  if (typesName) await start('identifier');
  if (extras.length > 0) await start('extra');
  if (password) await start('password');
  if (codeHere.length > 0) await start('code');
  // The code first: waiting for its time step must not leave a filled form standing.
  const oneTimeCode = codeHere.length > 0 ? (await askCode(run)).code : null;
  const secret = await secretOf(run);
  if (password) await armFuse(run, [secret.password, ...(oneTimeCode === null ? [] : [oneTimeCode])]);
  arm(run, look);
  const put = async (target: Candidate<FieldView> | { element: FieldView }, value: string): Promise<void> => {
    const element = await look.element(target.element);
    if (!element) throw new Ended({ code: 'inconclusive' });
    await typeInto(run, element, value);
  };
  for (const { field, label } of extras) await put({ element: field }, secret.extra_fields[label] ?? '');
  if (typesName) {
    run.identifierPlace = placeOf(look, identifier.element);
    await put(identifier, secret.username);
  }
  if (password) await put(password, secret.password);
  if (oneTimeCode !== null) await typeCode(run, look, codeHere, oneTimeCode);
  if (password) run.control = openControl(run);
  progressEvent(run, state.kind);
  await submitOnce(run, look, stages, submit, codeHere.at(-1)?.element ?? anchor.element);
}

/** A clean context to compare with, made while the site thinks. */
function openControl(run: LoginRun): Promise<{ page: LoginRun['page'] }> {
  const opening = run.control ?? run.ports.openContext({});
  // Looked at only when the page looks like a success; a failure shows there.
  opening.catch(() => undefined);
  return opening;
}

export function progressEvent(run: LoginRun, pageKind: string): void {
  run.ports.event({ event: 'step', data: { step: run.progress.steps, page_kind: pageKind } });
}

/** A field on its page, as it can be known again after another visit. */
export function placeOf(look: Look, field: FieldView): string {
  const url = URL.parse(look.observation.url);
  return JSON.stringify([url?.origin, url?.pathname, field.name, field.id, field.placeholder]);
}
