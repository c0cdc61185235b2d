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

/**
 * Types a value into a field. A page that sends itself while it is typed into takes its fields along, and so does one
 * that goes on with the passkey; any other field that is gone ends the run.
 */
export async function typeInto(
  run: LoginRun,
  element: ElementHandle<HTMLElement> | null,
  value: string,
): Promise<void> {
  if (run.passkey.tookOver) return;
  if (!element) throw new Ended({ code: 'inconclusive' });
  try {
    await run.progress.part('fill', () => fill(run.progress, element, value));
  } catch (error) {
    if (run.progress.signal.aborted || (!run.watch?.begun && !run.passkey.tookOver)) throw error;
  }
}

/** Waits for a page that sends by itself as soon as its boxes are full. */
export async function sentByItself(watch: Consequences): Promise<boolean> {
  const deadline = performance.now() + AUTO_SUBMIT_MS;
  while (!watch.begun && performance.now() < deadline) await watch.next(deadline - performance.now());
  return watch.begun;
}

/**
 * Sends what was typed, once: by the button, or by Enter where there is none. Playwright waits for the button to be
 * clickable and then dispatches one click; nothing here tries again. Nothing is sent when the page did so itself.
 */
export async function submitOnce(
  run: LoginRun,
  look: Look,
  stages: readonly Stage[],
  submit: Candidate<ButtonView> | null,
  last: FieldView,
): Promise<void> {
  const { progress, watch } = run;
  // The page asked for the passkey while it was typed into, and goes on with that.
  if (run.passkey.tookOver) return;
  run.fuse?.submitted();
  await progress.part('submit', () => run.heard.listen(run.page));
  if (watch?.begun) note(run, 'sent_by_page', 0, 'The page sent the form by itself.');
  else {
    const button = submit ? await look.element(submit.element) : null;
    const { signal } = progress;
    if (button) {
      await progress.part('submit', () => button.click({ noWaitAfter: true, timeout: CLICK_TIMEOUT_MS, signal }));
    } else {
      const field = await look.element(last);
      await progress.part('submit', async () => {
        await field?.press('Enter', { noWaitAfter: true, timeout: CLICK_TIMEOUT_MS, signal });
      });
    }
  }
  run.submittedAt = performance.now();
  run.lastStages = stages;
  for (const stage of stages) {
    if (stage !== 'extra') run.submissions[stage] = 1;
    run.ports.event({ event: 'stage', data: { stage, state: 'submitted' } });
  }
}
