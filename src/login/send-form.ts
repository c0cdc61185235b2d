import { setTimeout as delay } from 'node:timers/promises';
import type { LoginRun } from './login-run.ts';
import type { Stage } from './outcome.ts';
import { classifyLook, type SeenPage } from './seen-page.ts';
import { FormGone, sentByPage, wasSent } from './submit.ts';

/** So often a form that the page makes anew is filled in. */
const MAX_ROUNDS = 12;
/** Rounds in which a field that is empty again counts as made anew too; some pages keep what was typed elsewhere. */
const ROUNDS_TO_KEEP = 3;
/** A page that is getting ready is given a moment. */
const PAUSE_MS = 300;

/**
 * Fills in a form and sends it by `send`, which throws FormGone where the page has made the form anew before anything
 * was sent, as pages do while their scripts get ready. Then it is looked for and filled in again, under the permission it
 * has; the fuse stays as it is, so that in all rounds together one submission leaves. Throws FormGone when it never stands.
 */
export async function sendForm(
  run: LoginRun,
  seen: SeenPage,
  stages: readonly Stage[],
  send: (page: SeenPage, round: { first: boolean; filled: boolean }) => Promise<void>,
): Promise<void> {
  let page = seen;
  for (let round = 1; ; round += 1) {
    try {
      return await send(page, { first: round === 1, filled: round <= ROUNDS_TO_KEEP });
    } catch (error) {
      if (!(error instanceof FormGone) || round === MAX_ROUNDS) throw error;
    } finally {
      if (page !== seen) page.look.dispose();
    }
    await run.progress.part('wait', () => delay(PAUSE_MS));
    await run.progress.part('answer', async () => run.fuse?.idle());
    // It was on its way, and is what took the form away.
    if (wasSent(run)) return sentByPage(run, stages);
    page = await run.progress.part('observe', () => classifyLook(run.page));
  }
}
