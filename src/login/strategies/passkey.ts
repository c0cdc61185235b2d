import { checkPlaces, trustOrigins } from '../check-places.ts';
import { Consequences, lookUntil } from '../consequences.ts';
import { isText, scoreIdentifier } from '../fields/field-roles.ts';
import { usable } from '../fields/form-group.ts';
import { Heard } from '../heard.ts';
import { endingOf, refusalIn } from '../judge.ts';
import { isLogOut } from '../log-out.ts';
import { wayToPasskey } from '../login-methods.ts';
import { begin, Ended, type LoginRun, note, secretOf } from '../login-run.ts';
import type { Refusal } from '../messages.ts';
import type { ButtonView, FieldView } from '../observation.ts';
import type { Look } from '../observe.ts';
import type { SeenPage } from '../seen-page.ts';
import { arm, typeInto } from '../submit.ts';
import { clickOnce, keyOf } from './clear-the-way.ts';
import { placeOf, progressEvent } from './credentials.ts';

/** How long a page may take from the click to asking for the passkey: it fetches a challenge first. */
const ASKED_MS = 8_000;

/** Passkeys are for secure contexts, and for the domain they were made for and those below it. Pure. */
export function isForPasskey(rpId: string, origin: string): boolean {
  const url = URL.parse(origin);
  if (!url) return false;
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && /(^|\.)localhost$/.test(url.hostname));
  return secure && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`));
}

/**
 * Puts the account's passkey into the browser where the login is at its domain. A page may ask for it while it loads, so
 * the stage is begun first, and this comes before the page is opened wherever the address says enough.
 */
export async function readyPasskey(run: LoginRun, address: string): Promise<void> {
  const { passkey_rp_id: rpId, allowed_origins: pinned, url_is_secret: byLink } = run.task;
  const origin = URL.parse(address)?.origin ?? 'null';
  if (rpId === null || byLink || run.begun.has('code') || origin === 'null' || run.passkey.unfit.has(origin)) return;
  const fits = isForPasskey(rpId, origin);
  // Nothing is open yet, and the address is the one that was asked for.
  if (fits && pinned.length === 0 && address === run.task.url) run.origins.add(origin);
  if (fits && !run.origins.has(origin)) trustOrigins(run);
  if (!fits || !run.origins.has(origin)) {
    run.passkey.unfit.add(origin);
    const why = fits ? 'which this credential does not allow' : `and the passkey is for ${rpId}`;
    note(run, 'passkey_not_here', 0, `The passkey was not made ready: the page is at ${origin}, ${why}.`);
    return;
  }
  await begin(run, 'code', origin);
  run.passkey.held = await run.progress.part('passkey', () =>
    run.ports.needPasskey(run.page.context(), () => signed(run)),
  );
}

/** The passkey has signed: that is the submission, whoever asked for it. What happens from here on is the answer. */
function signed(run: LoginRun): void {
  const { passkey } = run;
  if (!passkey.clicked) {
    run.before = { lines: new Set(), messages: new Set() };
    passkey.unseen = true;
    run.heard = new Heard();
  }
  passkey.first = run.submissions.password === 0;
  passkey.tookOver = true;
  run.watch?.[Symbol.dispose]();
  run.watch = new Consequences(run.page);
  run.watch.submitting();
  run.submittedAt = performance.now();
  run.answeredAt = null;
  run.lastStages = ['code'];
  run.submissions.code = 1;
  run.ports.event({ event: 'stage', data: { stage: 'code', state: 'submitted' } });
}

/** The page asked for the passkey by itself, and was not looked at before: what stands on it is no answer yet. */
export function rememberUnseen(run: LoginRun, { look }: SeenPage): void {
  if (!run.passkey.unseen) return;
  run.passkey.unseen = false;
  run.before = { lines: new Set(look.observation.lines), messages: new Set() };
  note(run, 'passkey_asked', 0, 'The page asked for the passkey by itself.');
}

/** The passkey's signature was the last submission. */
export function passkeySent(run: LoginRun): boolean {
  return run.passkey.held?.used === true && run.lastStages[0] === 'code';
}

/** Nothing but the passkey can log in here. */
export function needsPasskey(run: LoginRun): boolean {
  return run.passkey.held?.used === false && !run.task.has_password;
}

/**
 * The page's control for the passkey, when it is the passkey's turn: there is no password, or it was sent and the page
 * asks for more than a code that can be had. `anyway`: there is no other way in.
 */
export function passkeyControl(run: LoginRun, page: SeenPage, anyway = false): ButtonView | null {
  if (run.passkey.held?.used !== false) return null;
  const { look, state } = page;
  const { buttons, forms } = look.observation;
  const codeFirst = state.kind === 'code_step' && run.task.code_ways.length > 0;
  const offered = state.kind === 'interstitial' && run.task.has_password;
  const turn = anyway || !run.task.has_password || (run.submissions.password > 0 && state.fields.password === null);
  if (!turn || codeFirst || offered || buttons.some((button) => button.visible && isLogOut(button, forms))) return null;
  const control = wayToPasskey(look.observation);
  return control && !run.tried.has(keyOf(control)) ? control : null;
}

/** The name's field in the control's own form: sites then ask for the passkeys of that account only. */
function nameBeside(run: LoginRun, { observation }: Look, button: ButtonView): FieldView | null {
  if (button.form === null || !run.task.has_username || run.begun.has('identifier')) return null;
  const found = observation.fields
    .filter((field) => field.frame === button.frame && field.form === button.form && usable(field) && isText(field))
    .find((field) => scoreIdentifier(field, null).score >= 3);
  return found ?? null;
}

/**
 * Clicks the control, once. It is a submission only if the page then asks for the passkey and gets its signature; a
 * page that does not leaves the other ways. A name is typed first where the control belongs to its form.
 */
export async function usePasskey(run: LoginRun, { look, state }: SeenPage, button: ButtonView): Promise<void> {
  const { progress, passkey } = run;
  run.tried.add(keyOf(button));
  progress.step();
  const name = nameBeside(run, look, button);
  if (name) {
    checkPlaces(run, look, name);
    await begin(run, 'identifier', look.observation.frames[name.frame]?.origin ?? '');
  }
  const username = name ? (await secretOf(run)).username : '';
  const watch = arm(run, look);
  passkey.clicked = true;
  if (name) {
    run.identifierPlace = placeOf(look, name);
    await typeInto(run, look, name, username, { again: false, byKeys: false });
  }
  progressEvent(run, state.kind);
  await progress.part('submit', () => run.heard.listen(run.page));
  const text = `"${button.text}" was clicked to log in with the passkey.`;
  watch.submitting();
  if (!(await clickOnce(run, look, button, { signal: 'passkey_chosen', text }))) {
    passkey.clicked = false;
    return;
  }
  const asked = await progress.part('answer', () => answerTo(run, watch));
  passkey.clicked = false;
  if (name && (asked !== 'nothing' || watch.begun)) {
    run.submissions.identifier = 1;
    run.ports.event({ event: 'stage', data: { stage: 'identifier', state: 'submitted' } });
  }
  if (asked === 'used' || asked === 'moved') return;
  note(run, 'passkey_not_asked', -1, 'The page did not ask for the passkey after that.');
  // Where there is nothing else to log in with, its words are the answer.
  if (asked !== 'nothing' && !run.task.has_password) throw new Ended(endingOf(run, asked));
}

/** What the click led to: the passkey signed, another page came, or the page said no. */
async function answerTo(run: LoginRun, watch: Consequences): Promise<'used' | 'moved' | 'nothing' | Refusal> {
  const used = () => run.passkey.held?.used === true;
  const look = await lookUntil(
    run.page,
    ASKED_MS,
    (seen) => used() || watch.navigated || refusalIn(run, seen, false) !== null,
    watch,
  );
  const refusal = refusalIn(run, look, false);
  look.dispose();
  if (used()) return 'used';
  return watch.navigated ? 'moved' : (refusal ?? 'nothing');
}
