import { setTimeout as delay } from 'node:timers/promises';
import type { ElementHandle } from 'playwright';
import { Consequences } from './consequences.ts';
import { fill, fillByKeys } from './fields/fill.ts';
import type { Candidate } from './fields/score.ts';
import { Heard } from './heard.ts';
import { Ended, type LoginRun, note } from './login-run.ts';
import type { ButtonView, FieldView } from './observation.ts';
import type { Look, Readiness } from './observe.ts';
import type { Stage } from './outcome.ts';

/** A page may be busy for seconds, or keep its button disabled while it checks what was typed, or who typed it. */
const CLICK_TIMEOUT_MS = 15_000;
/** How late the browser may tell what a click has set in motion. */
const TOLD_MS = 300;
/** A page that sends by itself does so right after the last character. */
const AUTO_SUBMIT_MS = 350;

/** Arms the watch and remembers what the page says now. Call before the first character is typed; without a look before the first page is opened. */
export function arm(run: LoginRun, look: Look | null): Consequences {
  run.watch?.[Symbol.dispose]();
  run.sendsBefore = run.fuse?.sends ?? 0;
  run.watch = new Consequences(run.page, {
    earlier: run.changes?.coming ?? null,
    known: run.known,
    carried: (request) => run.fuse?.carried(request) ?? false,
  });
  run.challengedSince = Date.now();
  const { lines, messages } = look?.observation ?? { lines: [], messages: [] };
  run.heard = new Heard();
  run.before = { lines: new Set(lines), messages: new Set(messages.map((message) => message.text)) };
  return run.watch;
}

/** What can stand between a form that was filled in and its being sent. */
export type Hindrance = Exclude<Readiness['state'], 'ready'>;

/** What kept a form that was filled in from being sent: nothing of it left. */
export class NotSent extends Ended {
  readonly why: Hindrance;
  readonly reason: 'form_gone' | 'not_filled' | 'not_clicked' | 'not_valid';
  /** What the browser's own check says. */
  readonly because: string;

  constructor(why: Hindrance, reason: NotSent['reason'] = 'form_gone', because = '') {
    super({ code: 'inconclusive', details: { reason } });
    this.why = why;
    this.reason = reason;
    this.because = because;
  }
}

/** Playwright's words for an element that was replaced, or whose document was. */
const GONE = /not attached|context was destroyed|cannot find context|frame was detached|frame got detached/i;

/**
 * Whether what was typed has left: a secret was recognised, a form was posted, or an address holds a value that was typed.
 * Before the click nothing else counts: pages report each key, look names up and open anew while they are filled in.
 */
export function wasSent(run: LoginRun): boolean {
  const { watch, secret } = run;
  if (!watch) return false;
  if (secretLeft(run) || (watch.sending && watch.moved)) return true;
  const typed = [secret?.username ?? '', ...Object.values(secret?.extra_fields ?? {})].filter((value) => value !== '');
  return watch.sent.some(({ request, leads, clicked }) => {
    if (request.method() !== 'GET') return leads || clicked;
    const { search, hash } = new URL(request.url());
    const values = [search, hash].flatMap((part) => [...new URLSearchParams(part.slice(1)).values()]);
    return values.some((value) => typed.includes(value));
  });
}

const secretLeft = ({ fuse, sendsBefore }: LoginRun): boolean => (fuse?.sends ?? 0) > sendsBefore;

/** What an error means that came while the form was typed into or sent, and nothing had been sent. */
function troubleOf(run: LoginRun, error: unknown, reason: 'not_filled' | 'not_clicked'): unknown {
  if (run.progress.signal.aborted || error instanceof Ended) return error;
  if (run.watch?.begun || GONE.test(String(error))) return new NotSent('gone');
  return error instanceof Error && error.name === 'TimeoutError' ? new NotSent('covered', reason) : error;
}

/** How a form is filled in. */
export interface Filling {
  /** Not for the first time: a field that holds its value already is left alone. */
  again: boolean;
  /** By keys, as pages want it that listen to them, and left by Tab. */
  byKeys: boolean;
}

/**
 * Types a value into a field. A page that sends itself while it is typed into takes its fields along, and so does one
 * that goes on with the passkey; throws NotSent where the field is gone otherwise, or cannot be typed into.
 */
export function typeInto(run: LoginRun, look: Look, field: FieldView, value: string, how: Filling): Promise<void> {
  return typing(run, look, field, async (element) => {
    const holds = (typed: string) =>
      element.evaluate((input, expected) => (input as HTMLInputElement).value === expected, typed);
    if (how.again && !how.byKeys && (await holds(value))) return;
    // Against the browser's own filling in, many a field opens only when a person comes to it.
    if (field.read_only) await element.click({ timeout: CLICK_TIMEOUT_MS, signal: run.progress.signal });
    await (how.byKeys ? fillByKeys : fill)(run.progress, element, value);
  });
}

/** The same with one key, where the page may move on to the next field by itself. `empties`: what stands there goes. */
export function typeKey(run: LoginRun, look: Look, field: FieldView, key: string, empties: boolean): Promise<void> {
  return typing(run, look, field, async (element) => {
    if (empties) await element.fill('', { timeout: CLICK_TIMEOUT_MS, signal: run.progress.signal });
    await element.focus();
    await run.page.keyboard.type(key);
  });
}

/** Does something to a field as far as the page leaves it there; throws the same. */
export async function typing(
  run: LoginRun,
  look: Look,
  field: FieldView,
  work: (element: ElementHandle<HTMLElement>) => Promise<void>,
): Promise<void> {
  if (run.passkey.tookOver) return;
  const element = await look.element(field);
  try {
    if (!element) throw new NotSent('gone');
    await run.progress.part('fill', () => work(element));
  } catch (error) {
    if (!run.progress.signal.aborted && (wasSent(run) || run.passkey.tookOver)) return;
    throw troubleOf(run, error, 'not_filled');
  }
}

/** Waits for a page that sends by itself as soon as its boxes are full. */
export async function sentByItself(run: LoginRun, watch: Consequences): Promise<void> {
  const deadline = performance.now() + AUTO_SUBMIT_MS;
  while (!wasSent(run) && performance.now() < deadline) await watch.next(deadline - performance.now());
}

/** How a form is sent. */
export interface Sending {
  stages: readonly Stage[];
  /** Null: by Enter in the last field. */
  submit: Candidate<ButtonView> | null;
  last: FieldView;
  /** The fields that have to be there, with what was typed, the moment it is sent. */
  typed: readonly FieldView[];
  /** Not even empty. */
  filled: boolean;
  /** What is put up with, because there is nothing else to be done about it. */
  bears: ReadonlySet<Hindrance>;
}

/**
 * Sends what was typed, once: by the button, or by Enter where there is none. Playwright waits for the button to be
 * clickable and then dispatches one click; nothing here tries again. Nothing is sent when the page did so itself. Throws
 * NotSent where the form is not as it was filled in, or the button cannot be clicked: then nothing was sent either.
 */
export async function submitOnce(run: LoginRun, look: Look, sending: Sending): Promise<void> {
  const { progress } = run;
  // The page asked for the passkey while it was typed into, and goes on with that.
  if (run.passkey.tookOver) return;
  await progress.part('submit', () => run.heard.listen(run.page));
  if (wasSent(run) || (sending.stages.includes('code') && run.watch?.mayHoldCode))
    return sentByPage(run, sending.stages);
  await sendOnce(run, look, sending);
  recordSent(run, sending.stages);
}

/** What was typed is on its way without a click of ours. */
export function sentByPage(run: LoginRun, stages: readonly Stage[]): void {
  run.fuse?.submitted();
  run.doubtful = stages.includes('code') && !wasSent(run);
  run.watch?.submitted();
  note(run, 'sent_by_page', 0, 'The page sent the form by itself.');
  recordSent(run, stages);
}

function recordSent(run: LoginRun, stages: readonly Stage[]): void {
  run.submittedAt = performance.now();
  run.lastStages = stages;
  for (const stage of stages) {
    if (stage !== 'extra') run.submissions[stage] = 1;
    run.ports.event({ event: 'stage', data: { stage, state: 'submitted' } });
  }
}

async function sendOnce(run: LoginRun, look: Look, { submit, last, typed, filled, bears }: Sending): Promise<void> {
  const { progress } = run;
  const target = submit?.element ?? last;
  // Asked at once: each question is a way to the page and back.
  const [readiness, element] = await progress.part('submit', () =>
    Promise.all([look.readiness({ fields: typed, submit: target, filled }), look.element(target)]),
  );
  const { state } = readiness;
  if (state === 'invalid') throw new NotSent(state, 'not_valid', readiness.because);
  // Enter is not kept from a field by what lies over it.
  if (state !== 'ready' && !bears.has(state) && (submit || state !== 'covered')) throw new NotSent(state);
  if (!element) throw new NotSent('gone');
  run.fuse?.submitted();
  run.watch?.submitting();
  const options = { noWaitAfter: true, timeout: CLICK_TIMEOUT_MS, signal: progress.signal };
  try {
    await progress.part('submit', () => (submit ? element.click(options) : element.press('Enter', options)));
  } catch (error) {
    // What it set in motion may not have been told yet.
    if (!progress.signal.aborted) await progress.part('submit', () => delay(TOLD_MS));
    if (!progress.signal.aborted && wasSent(run)) return;
    throw troubleOf(run, error, 'not_clicked');
  }
}
