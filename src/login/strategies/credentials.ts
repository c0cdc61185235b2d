import { fold } from '../../fold.ts';
import { checkPlaces } from '../check-places.ts';
import { usable } from '../fields/form-group.ts';
import type { Candidate } from '../fields/score.ts';

import { armFuse } from '../fuse.ts';
import { begin, Ended, type LoginRun, note, secretOf } from '../login-run.ts';
import type { FieldView } from '../observation.ts';
import type { Look } from '../observe.ts';
import type { Stage } from '../outcome.ts';
import type { PageState } from '../page-state.ts';
import { wayToOtherAccount } from '../questions.ts';
import { arm, submitOnce, typeInto } from '../submit.ts';
import { leaveAccount } from './clear-the-way.ts';
import { extraFieldsIn, putExtra } from './extra-fields.ts';
import { askCode, typeCode } from './one-time-code.ts';

/** What stands for letters that are not shown. */
const MASKED = /[*•…·]/;

/**
 * The name that is filled in and cannot be changed, when it is not the one to log in with: a password typed beside it would
 * be tried at somebody else's account.
 */
async function strangerIn(run: LoginRun, look: Look, { fields }: PageState): Promise<boolean> {
  const field = fields.identifier?.element;
  if (!field || usable(field) || !run.task.has_username || run.begun.has('identifier')) return false;
  const element = await look.element(field);
  const shown = fold((await element?.evaluate((input) => (input as HTMLInputElement).value))?.trim() ?? '');
  if (shown === '' || MASKED.test(shown)) return false;
  const own = fold((await secretOf(run)).username.trim());
  const local = (name: string) => name.split('@')[0];
  return shown !== own && !(local(shown) === local(own) && shown.includes('@') !== own.includes('@'));
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
  if (password && !task.has_password) {
    note(run, 'password_asked', -1, 'The page asks for a password, and the credential holds none.');
    throw new Ended({ code: 'needs_more_information', details: { field: 'password' }, rule: 'asks_for_more' });
  }
  if (await strangerIn(run, look, state)) {
    const way = wayToOtherAccount(look.observation);
    if (way && (await leaveAccount(run, look, way))) return;
    note(run, 'other_account', -2, 'The page is set to another account and does not let its name be changed.');
    throw new Ended({ code: 'not_a_login_page', details: { reason: 'other_account' } });
  }
  const typesName =
    identifier !== null && usable(identifier.element) && task.has_username && !run.begun.has('identifier');
  const taken = [identifier, password, ...code].flatMap((found) => (found ? [found.element] : []));
  const extras = extraFieldsIn(run, look.observation, taken).filter(
    // What was answered on a page before stands there already.
    ({ field }) =>
      !run.begun.has('extra') && field.frame === anchor.element.frame && field.form === anchor.element.form,
  );
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
  // The page asked for the passkey meanwhile: what comes now answers that.
  if (run.passkey.tookOver) return;
  arm(run, look);
  const put = async (target: Candidate<FieldView>, value: string): Promise<void> =>
    typeInto(run, await look.element(target.element), value);
  for (const extra of extras) await putExtra(run, look, extra);
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
