import { setTimeout as delay } from 'node:timers/promises';
import type { ElementHandle } from 'playwright';
import { Consequences } from './consequences.ts';
import { fill } from './fields/fill.ts';
import type { Candidate } from './fields/score.ts';
import { Heard } from './heard.ts';
import { Ended, type LoginRun, note } from './login-run.ts';
import type { ButtonView, FieldView } from './observation.ts';
import type { Look } from './observe.ts';
import type { Stage } from './outcome.ts';

const CLICK_TIMEOUT_MS = 5_000;
/** How late the browser may tell what a click has set in motion. */
const TOLD_MS = 300;
/** A page that sends by itself does so right after the last character. */
const AUTO_SUBMIT_MS = 350;

/** Arms the watch and remembers what the page says now. Call before the first character is typed; without a look before the first page is opened. */
export function arm(run: LoginRun, look: Look | null): Consequences {
  run.watch?.[Symbol.dispose]();
  run.watch = new Consequences(run.page);
  run.challengedSince = Date.now();
  const { lines, messages } = look?.observation ?? { lines: [], messages: [] };
  run.heard = new Heard();
  run.before = { lines: new Set(lines), messages: new Set(messages.map((message) => message.text)) };
  return run.watch;
}

/** The page made its form anew, or opened another document, and nothing of what was typed was sent. */
export class FormGone extends Ended {
  constructor() {
    super({ code: 'inconclusive', details: { reason: 'form_gone' } });
  }
}

/** Playwright's words for an element that was replaced, or whose document was. */
const GONE = /not attached|context was destroyed|cannot find context|frame was detached|frame got detached/i;

/**
 * Whether what was typed may have left: something was sent, or a script gave the page another address. A page that only
 * opens anew, without a value that was typed, has sent nothing.
 */
export function wasSent({ watch, fuse, secret }: LoginRun): boolean {
  if (!watch?.begun) return false;
  const { request } = watch;
  if (request?.method() !== 'GET' || fuse?.sent) return true;
  const typed = [secret?.username ?? '', ...Object.values(secret?.extra_fields ?? {})].filter((value) => value !== '');
  const { search, hash } = new URL(request.url());
  const values = [search, hash].flatMap((part) => [...new URLSearchParams(part.slice(1)).values()]);
  return values.some((value) => typed.includes(value));
}

/** What an error says that came while the form was typed into or sent, and nothing had been sent. */
function troubleOf(run: LoginRun, error: unknown, what: { signal: string; text: string }): unknown {
  if (run.progress.signal.aborted) return error;
  if (run.watch?.begun || GONE.test(String(error))) return new FormGone();
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return error;
  note(run, what.signal, -1, what.text);
  return new Ended({ code: 'inconclusive', details: { reason: what.signal } });
}

/**
 * Types a value into a field. A page that sends itself while it is typed into takes its fields along, and so does one
 * that goes on with the passkey; throws FormGone where the field is gone otherwise. `again`: one that holds the value
 * already, because the page put it into the form it made anew, is left alone.
 */
export function typeInto(
  run: LoginRun,
  element: ElementHandle<HTMLElement> | null,
  value: string,
  again = false,
): Promise<void> {
  return typing(run, element, async (field) => {
    const holds = again && (await field.evaluate((input, typed) => (input as HTMLInputElement).value === typed, value));
    if (!holds) await fill(run.progress, field, value);
  });
}

/** The same with one key, where the page may move on to the next field by itself. `empties`: what stands there goes. */
export function typeKey(
  run: LoginRun,
  element: ElementHandle<HTMLElement> | null,
  key: string,
  empties: boolean,
): Promise<void> {
  return typing(run, element, async (field) => {
    if (empties) await field.fill('', { timeout: CLICK_TIMEOUT_MS, signal: run.progress.signal });
    await field.focus();
    await run.page.keyboard.type(key);
  });
}

/** Does something to a field as far as the page leaves it there; the same throws. */
export async function typing(
  run: LoginRun,
  element: ElementHandle<HTMLElement> | null,
  work: (field: ElementHandle<HTMLElement>) => Promise<void>,
): Promise<void> {
  if (run.passkey.tookOver) return;
  try {
    if (!element) throw new FormGone();
    await run.progress.part('fill', () => work(element));
  } catch (error) {
    if (!run.progress.signal.aborted && (wasSent(run) || run.passkey.tookOver)) return;
    if (error instanceof Ended) throw error;
    throw troubleOf(run, error, { signal: 'not_filled', text: 'A field of the form could not be typed into.' });
  }
}

/** Waits for a page that sends by itself as soon as its boxes are full. */
export async function sentByItself(watch: Consequences): Promise<boolean> {
  const deadline = performance.now() + AUTO_SUBMIT_MS;
  while (!watch.begun && performance.now() < deadline) await watch.next(deadline - performance.now());
  return watch.begun;
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
}

/**
 * Sends what was typed, once: by the button, or by Enter where there is none. Playwright waits for the button to be
 * clickable and then dispatches one click; nothing here tries again. Nothing is sent when the page did so itself. Throws
 * FormGone where the page has made the form anew: then nothing was sent either.
 */
export async function submitOnce(run: LoginRun, look: Look, sending: Sending): Promise<void> {
  const { progress } = run;
  // The page asked for the passkey while it was typed into, and goes on with that.
  if (run.passkey.tookOver) return;
  await progress.part('submit', () => run.heard.listen(run.page));
  if (wasSent(run)) return sentByPage(run, sending.stages);
  await sendOnce(run, look, sending);
  recordSent(run, sending.stages);
}

/** What was typed is on its way without a click of ours. */
export function sentByPage(run: LoginRun, stages: readonly Stage[]): void {
  run.fuse?.submitted();
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

async function sendOnce(run: LoginRun, look: Look, { submit, last, typed, filled }: Sending): Promise<void> {
  const { progress } = run;
  const stands = await progress.part('submit', () => look.stands(typed, filled));
  const element = stands ? await look.element(submit?.element ?? last) : null;
  if (!element) throw new FormGone();
  run.fuse?.submitted();
  const options = { noWaitAfter: true, timeout: CLICK_TIMEOUT_MS, signal: progress.signal };
  try {
    await progress.part('submit', () => (submit ? element.click(options) : element.press('Enter', options)));
  } catch (error) {
    // What it set in motion may not have been told yet.
    if (!progress.signal.aborted) await progress.part('submit', () => delay(TOLD_MS));
    if (!progress.signal.aborted && wasSent(run)) return;
    const text = `The form was filled in, and ${submit ? `"${submit.element.text}" could not be clicked` : 'its last field took no Enter'}.`;
    throw troubleOf(run, error, { signal: 'not_clicked', text });
  }
}
