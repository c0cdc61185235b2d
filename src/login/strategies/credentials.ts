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
import type { LoginSecret } from '../ports.ts';
import { wayToOtherAccount } from '../questions.ts';
import type { SeenPage } from '../seen-page.ts';
import { sendForm } from '../send-form.ts';
import { arm, NotSent, submitOnce, typeInto } from '../submit.ts';
import { leaveAccount } from './clear-the-way.ts';
import { type ExtraField, extraFieldsIn, putExtra } from './extra-fields.ts';
import { askCode, typeCode } from './one-time-code.ts';

/** What stands for letters that are not shown. */
const MASKED = /[*•…·]/;

/**
 * The name that is filled in and cannot be changed, when it is not the one to log in with: a password typed beside it would
 * be tried at somebody else's account.
 */
async function strangerIn(run: LoginRun, { look, state }: SeenPage): Promise<boolean> {
  const field = state.fields.identifier?.element;
  if (!field || usable(field) || !run.task.has_username || run.begun.has('identifier')) return false;
  const element = await look.element(field);
  const shown = fold((await element?.evaluate((input) => (input as HTMLInputElement).value))?.trim() ?? '');
  if (shown === '' || MASKED.test(shown)) return false;
  const own = fold((await secretOf(run)).username.trim());
  const local = (name: string) => name.split('@')[0];
  return shown !== own && !(local(shown) === local(own) && shown.includes('@') !== own.includes('@'));
}

/** What is filled in of one form. */
interface FormParts {
  /** Where the form is. */
  anchor: FieldView;
  origin: string;
  identifier: Candidate<FieldView> | null;
  password: Candidate<FieldView> | null;
  extras: ExtraField[];
  /** Boxes for a one-time code in the same form. */
  code: Candidate<FieldView>[];
  submit: PageState['fields']['submit'];
}

/** `begun`: stages of forms before this one. Null: there is nothing to fill in. */
function partsOf(run: LoginRun, { look, state }: SeenPage, begun: ReadonlySet<Stage>): FormParts | null {
  const { identifier, password, code, submit } = state.fields;
  const anchor = (password ?? identifier)?.element;
  if (!anchor) return null;
  const typesName =
    identifier !== null && usable(identifier.element) && run.task.has_username && !begun.has('identifier');
  const taken = [identifier, password, ...code].flatMap((found) => (found ? [found.element] : []));
  const extras = extraFieldsIn(run, look.observation, taken).filter(
    // What was answered on a page before stands there already.
    ({ field }) => !begun.has('extra') && field.frame === anchor.frame && field.form === anchor.form,
  );
  return {
    anchor,
    origin: look.observation.frames[anchor.frame]?.origin ?? '',
    identifier: typesName ? identifier : null,
    password,
    extras,
    code: password ? code.filter((box) => box.element.form === password.element.form) : [],
    submit,
  };
}

function stagesOf({ identifier, extras, password, code }: FormParts): Stage[] {
  const stages: [Stage, boolean][] = [
    ['identifier', identifier !== null],
    ['extra', extras.length > 0],
    ['password', password !== null],
    ['code', code.length > 0],
  ];
  return stages.flatMap(([stage, there]) => (there ? [stage] : []));
}

function refuseUnheld(run: LoginRun, { password }: FormParts): void {
  if (!password || run.task.has_password) return;
  note(run, 'password_asked', -1, 'The page asks for a password, and the credential holds none.');
  throw new Ended({ code: 'needs_more_information', details: { field: 'password' }, rule: 'asks_for_more' });
}

/**
 * Username and password on one page, or the password alone, or the identifier alone as a first step; with a one-time code
 * where the same form asks for it. One form, one submission.
 */
export async function submitCredentials(run: LoginRun, page: SeenPage): Promise<void> {
  const begun = new Set(run.begun);
  const wanted = partsOf(run, page, begun);
  if (!wanted) throw new Ended({ code: 'not_a_login_page' });
  checkPlaces(run, page.look, wanted.anchor);
  refuseUnheld(run, wanted);
  if (await strangerIn(run, page)) {
    const way = wayToOtherAccount(page.look.observation);
    if (way && (await leaveAccount(run, page.look, way))) return;
    note(run, 'other_account', -2, 'The page is set to another account and does not let its name be changed.');
    throw new Ended({ code: 'not_a_login_page', details: { reason: 'other_account' } });
  }
  run.progress.step();
  const stages: Stage[] = [];
  let oneTimeCode: string | null = null;
  /** Asks for what the form wants, before anything of it is typed. A page may want more once its first field is filled in. */
  const beginAll = async (parts: FormParts): Promise<LoginSecret> => {
    const added = stagesOf(parts).filter((stage) => !stages.includes(stage));
    for (const stage of added) await begin(run, stage, parts.origin);
    stages.push(...added);
    // The code first: waiting for its time step must not leave a filled form standing.
    if (added.includes('code')) oneTimeCode = (await askCode(run)).code;
    const secret = await secretOf(run);
    const secrets = [parts.password && secret.password, oneTimeCode].filter((value) => value !== null);
    if (added.includes('password') || added.includes('code')) await armFuse(run, secrets);
    return secret;
  };
  await sendForm(run, page, stages, async (now, round) => {
    const { look } = now;
    const parts = partsOf(run, now, begun);
    // The permission is for this form at this place.
    if (!parts || parts.origin !== wanted.origin) throw new NotSent('gone');
    if (stages.some((stage) => !stagesOf(parts).includes(stage))) throw new NotSent('gone');
    if (round.again && (await strangerIn(run, now))) throw new NotSent('gone');
    checkPlaces(run, look, parts.anchor);
    refuseUnheld(run, parts);
    const secret = await beginAll(parts);
    // The page asked for the passkey meanwhile: what comes now answers that.
    if (run.passkey.tookOver) return;
    arm(run, look);
    const put = ({ element }: Candidate<FieldView>, value: string) => typeInto(run, look, element, value, round);
    for (const extra of parts.extras) await putExtra(run, look, extra, round);
    if (parts.identifier) {
      run.identifierPlace = placeOf(look, parts.identifier.element);
      await put(parts.identifier, secret.username);
    }
    if (parts.password) await put(parts.password, secret.password);
    if (oneTimeCode !== null) await typeCode(run, look, parts.code, oneTimeCode, round);
    if (parts.password) run.control = openControl(run);
    if (!round.again) progressEvent(run, now.state.kind);
    const typed = [parts.identifier, parts.password].flatMap((found) => (found ? [found.element] : []));
    const last = parts.code.at(-1)?.element ?? parts.anchor;
    await submitOnce(run, look, { ...round, stages, submit: parts.submit, last, typed });
  });
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
