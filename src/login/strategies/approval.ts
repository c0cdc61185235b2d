import { lookUntil } from '../consequences.ts';
import { refusalIn } from '../judge.ts';
import { Ended, type LoginRun, note, quote } from '../login-run.ts';
import { meaningOf } from '../messages.ts';
import type { Observation } from '../observation.ts';
import type { Look } from '../observe.ts';

/** The page's sentence that asks for an approval on another device, new since the submission; null when there is none. */
export function approvalAsked(run: LoginRun, observation: Observation): string | null {
  const asked = observation.lines.find(
    (line) => !run.before.lines.has(line) && meaningOf(line)?.code === 'needs_approval',
  );
  return asked ?? null;
}

/** The number to match on the other device: the one short number that stands by itself. */
export function numberToMatch({ lines, headings }: Observation): string | null {
  const numbers = new Set(
    [...headings, ...lines].filter((line) => /^\d{1,3}$/.test(line.trim())).map((line) => line.trim()),
  );
  const [number] = numbers;
  return numbers.size === 1 ? (number ?? null) : null;
}

/**
 * Waits, with the run's clock stopped, until the page says something else: approved, refused, or over. Ends the run when
 * the time for codes is over.
 */
export async function awaitApproval(run: LoginRun, asked: string, observation: Observation): Promise<void> {
  const number = numberToMatch(observation);
  const which = number === null ? '' : ` (number ${number})`;
  note(run, 'approval_asked', -1, `The site waits for an approval on another device${which}: ${asked}`);
  run.approvalAwaited = true;
  run.progress.pause();
  try {
    const came = await run.progress.part('approval', () =>
      run.ports.awaitOutside({ kind: 'approval', number }, async () => {
        const answered = (seen: Look) =>
          approvalAsked(run, seen.observation) === null || refusalIn(run, seen, true) !== null;
        const look = await lookUntil(run.page, run.task.limits.code_ms, answered);
        const came = answered(look);
        look.dispose();
        return came;
      }),
    );
    if (!came) {
      throw new Ended({ code: 'needs_approval', rule: 'asks_for_more', message: quote(run, asked) });
    }
  } finally {
    run.progress.resume();
  }
  const now = performance.now();
  run.quietSince = now;
  run.answeredAt = now;
}
