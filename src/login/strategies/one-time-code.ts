import { checkPlaces } from '../check-places.ts';
import type { Candidate } from '../fields/score.ts';
import { armFuse } from '../fuse.ts';
import { begin, Ended, type LoginRun, note } from '../login-run.ts';
import type { FieldView } from '../observation.ts';
import type { Look } from '../observe.ts';
import type { CodeQuestion } from '../ports.ts';
import type { SeenPage } from '../seen-page.ts';
import { sendForm } from '../send-form.ts';
import { clockOffsetBy } from '../site-clock.ts';
import { arm, type Filling, NotSent, sentByItself, submitOnce, typeInto, typeKey } from '../submit.ts';
import { progressEvent } from './credentials.ts';
import { openRecovery } from './recovery-code.ts';

/** The site's clock by its answer to the last submission, else by the login page. */
function clockOffset(run: LoginRun): number | null {
  run.clockOffset = clockOffsetBy(run.watch?.response ?? null) ?? run.clockOffset;
  return run.clockOffset;
}

/** Asks main for a code. The run's clock stands still meanwhile. */
export async function askCode(
  run: LoginRun,
  kind: CodeQuestion['kind'] = 'code',
): Promise<{ code: string; recovery: boolean }> {
  if (run.task.code_ways.length === 0) {
    const what = kind === 'code' ? 'asks for a one-time code' : 'has sent a link to log in with';
    note(run, 'code_asked', -1, `The site ${what}.`);
    throw new Ended({ code: 'code_source_missing', rule: 'asks_for_more', details: { totp_type: run.task.totp_type } });
  }
  run.progress.pause();
  try {
    const recovery = kind === 'code' && run.factor.chosen === 'recovery';
    const question = { kind, since: run.challengedSince, recovery, clock_offset_ms: clockOffset(run) };
    const answer = await run.progress.part('code', () => run.ports.needCode(question));
    for (const text of answer.notes) note(run, 'code_source', 0, text);
    if ('missing' in answer) throw new Ended({ code: 'code_source_missing', rule: 'asks_for_more' });
    if ('timed_out' in answer) throw new Ended({ code: 'code_timeout', rule: 'asks_for_more' });
    run.secrets.add(answer.code);
    return { code: answer.code, recovery: answer.recovery ?? false };
  } finally {
    run.progress.resume();
  }
}

/** Types a code into its box, or digit by digit into its boxes. */
export async function typeCode(
  run: LoginRun,
  look: Look,
  boxes: readonly Candidate<FieldView>[],
  code: string,
  how: Filling,
): Promise<void> {
  const [box] = boxes;
  if (box && boxes.length === 1) {
    run.watch?.codeIsWhole();
    return typeInto(run, look, box.element, code, how);
  }
  for (const [index, digit] of [...code].entries()) {
    const place = boxes[index];
    if (!place)
      throw new Ended({
        code: 'needs_more_information',
        details: { field: 'a code of another length' },
        rule: 'asks_for_more',
      });
    if (index === code.length - 1) run.watch?.codeIsWhole();
    // Some of it may stand there already.
    await typeKey(run, look, place.element, digit, how.again);
  }
}

/** A page that asks for nothing but the code. Asked for before it is typed, sent once; a page may send it by itself. */
export async function submitCode(run: LoginRun, page: SeenPage): Promise<void> {
  const { origin } = codePlace(run, page);
  if (run.task.code_ways.length > 0) {
    run.progress.step();
    await begin(run, 'code', origin);
  }
  const { code, recovery } = await askCode(run);
  // Where the page for recovery codes was chosen, it is the one that asks.
  const other = recovery && run.factor.chosen !== 'recovery' ? await openRecovery(run, page.look) : null;
  // The permission is for the place the code was asked at.
  if (other && codePlace(run, other).origin !== origin) throw new Ended({ code: 'inconclusive' });
  try {
    await typeAndSubmit(run, other ?? page, origin, code);
  } finally {
    other?.look.dispose();
  }
}

/** The last box of the code and where it lies, once it is known that a secret may go there. */
function codePlace(run: LoginRun, { look, state }: SeenPage): { last: FieldView; origin: string } {
  const last = state.fields.code.at(-1)?.element;
  if (!last) throw new NotSent('gone');
  checkPlaces(run, look, last);
  return { last, origin: look.observation.frames[last.frame]?.origin ?? '' };
}

async function typeAndSubmit(run: LoginRun, page: SeenPage, origin: string, code: string): Promise<void> {
  await armFuse(run, [code]);
  await sendForm(run, page, ['code'], async (now, round) => {
    const { look, state } = now;
    const boxes = state.fields.code;
    const place = codePlace(run, now);
    if (place.origin !== origin) throw new NotSent('gone');
    const watch = arm(run, look);
    await typeCode(run, look, boxes, code, round);
    if (!round.again) progressEvent(run, state.kind);
    // The boxes of some pages send themselves when they are full; a click on top would be a second submission.
    await run.progress.part('submit', () => sentByItself(run, watch));
    const typed = boxes.length === 1 ? [place.last] : [];
    const { submit } = state.fields;
    await submitOnce(run, look, { ...round, stages: ['code'], submit, last: place.last, typed });
  });
}
