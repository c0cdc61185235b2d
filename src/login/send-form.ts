import { setTimeout as delay } from 'node:timers/promises';
import { type LoginRun, note } from './login-run.ts';
import type { Stage } from './outcome.ts';
import { classifyLook, type SeenPage } from './seen-page.ts';
import { uncover } from './strategies/clear-the-way.ts';
import { type Filling, type Hindrance, NotSent, sentByPage, wasSent } from './submit.ts';

/** So often a form that the page makes anew is filled in. */
const MAX_ROUNDS = 12;
/** Rounds in which a field that is empty again counts as made anew too; some pages keep what was typed elsewhere. */
const ROUNDS_TO_KEEP = 3;
/** A page that is getting ready is given a moment. */
const PAUSE_MS = 300;
/** What a page still loads may be the script that listens to its form; one that never ends loading is not waited for. */
const LOAD_MS = 3_000;

export interface Round extends Filling {
  filled: boolean;
  bears: ReadonlySet<Hindrance>;
}

/**
 * Fills in a form and sends it by `send`, which throws NotSent where something came in between before anything was sent:
 * the page made the form anew, as pages do while their scripts get ready, laid a banner over it, or enables its button
 * only by keys. Then it is looked for and filled in again, under the permission it has; the fuse stays as it is, so that
 * in all rounds together one submission leaves. Throws NotSent when it comes to nothing.
 */
export async function sendForm(
  run: LoginRun,
  seen: SeenPage,
  stages: readonly Stage[],
  send: (page: SeenPage, round: Round) => Promise<void>,
): Promise<void> {
  const { signal } = run.progress;
  await run.progress.part('wait', () =>
    run.page.waitForLoadState('load', { timeout: LOAD_MS, signal }).catch(() => undefined),
  );
  const bears = new Set<Hindrance>();
  const here = placeOf(seen.look.observation.url);
  let page = seen;
  for (let round = 1; ; round += 1) {
    let trouble: NotSent;
    try {
      const byKeys = bears.has('locked') || bears.has('invalid');
      return await send(page, { again: round > 1, byKeys, filled: round <= ROUNDS_TO_KEEP, bears });
    } catch (error) {
      if (!(error instanceof NotSent) || round === MAX_ROUNDS) throw error;
      trouble = error;
    } finally {
      if (page !== seen) page.look.dispose();
    }
    await run.progress.part('wait', () => delay(PAUSE_MS));
    await run.progress.part('answer', async () => run.fuse?.idle());
    // It was on its way, and is what took the form away. A page for a name may look it up in a way of its own and go on.
    if (wasSent(run) || (!holdsSecret(stages) && placeOf(run.page.url()) !== here)) return sentByPage(run, stages);
    page = await run.progress.part('observe', () => classifyLook(run.page));
    if (trouble.why === 'covered') page = await cleared(run, page, trouble);
    if (trouble.why === 'invalid' && bears.has('invalid')) {
      note(run, trouble.reason, -1, `The page's own check does not take what was typed: ${trouble.because}`);
      throw trouble;
    }
    if (trouble.why !== 'gone' && trouble.why !== 'grown') bears.add(trouble.why);
  }
}

const holdsSecret = (stages: readonly Stage[]): boolean => stages.includes('password') || stages.includes('code');

/** Where a page is, for one whose steps are told apart by their fragment as well. */
function placeOf(url: string): string {
  const { pathname = '', hash = '' } = URL.parse(url) ?? {};
  return pathname + hash;
}

const IN_VAIN: Record<string, string> = {
  not_clicked: 'The form was filled in, and its button could not be clicked.',
  not_filled: 'A field of the form could not be typed into.',
};

/** The page after what lies over its form was closed. Ends the run where there is nothing to close and all else was in vain. */
async function cleared(run: LoginRun, page: SeenPage, trouble: NotSent): Promise<SeenPage> {
  const closed = await uncover(run, page.look);
  const inVain = IN_VAIN[trouble.reason];
  if (!closed && inVain !== undefined) {
    note(run, trouble.reason, -1, inVain);
    throw trouble;
  }
  if (!closed) return page;
  page.look.dispose();
  return run.progress.part('observe', () => classifyLook(run.page));
}
