import { keepPageCopy } from './copy-page.ts';
import type { Ending, LoginRun } from './login-run.ts';
import type { LoginOutcome } from './outcome.ts';
import { saveSession } from './save-session.ts';
import { takeScreenshot } from './screenshot.ts';
import { clockOffsetBy } from './site-clock.ts';

/** Puts the outcome together; after a login, keeps the session. */
export async function conclude(run: LoginRun, ending: Ending): Promise<LoginOutcome> {
  const judgedAt = Date.now();
  await run.passkey.held?.withdraw();
  const loggedIn = ending.code === 'logged_in' || ending.code === 'already_logged_in';
  const artifact = await takeScreenshot(run);
  const first = run.evidence[0];
  if (artifact && first) first.artifact = artifact;
  if (!loggedIn) await keepPageCopy(run);
  const saved = loggedIn ? await keepSession(run, ending) : { session: null, failure: null };
  return {
    code: ending.code,
    details: ending.code === 'wrong_code' ? clockOf(run) : (ending.details ?? null),
    site_message: ending.message ?? null,
    evidence: run.evidence,
    rule: ending.rule ?? null,
    password_proven: ending.passwordProven ?? false,
    submissions: { ...run.submissions },
    steps: run.progress.steps,
    stage: run.progress.stage,
    landing_url: ending.landingUrl ?? null,
    origins: [...run.origins],
    session: saved.session,
    session_failure: saved.failure,
    judged_at: judgedAt,
    timings: run.progress.timings,
  };
}

/** What a refused code is explained by. */
function clockOf(run: LoginRun): { clock_offset_ms: number | null } {
  return { clock_offset_ms: clockOffsetBy(run.watch?.response ?? null) ?? run.clockOffset };
}

async function keepSession(run: LoginRun, ending: Ending) {
  if (ending.code === 'logged_in' && !run.task.save_session) return { session: null, failure: null };
  const landing = ending.landingUrl ?? run.task.url;
  const state = await run.progress.part('capture', () => hasSession(run));
  if (!state) return { session: null, failure: 'no_session' };
  if (ending.code === 'logged_in') return saveSession(run, landing);
  // Used again just now, so it works; its tokens may have rotated and are written back.
  const session = await run.progress.part('capture', () => run.ports.captureSession(run.page.context()));
  return { session: { ...session, landing_url: landing }, failure: null };
}

/** HTTP authentication leaves nothing behind that could be restored. */
async function hasSession(run: LoginRun): Promise<boolean> {
  return run.watch !== null || run.task.goal === 'check_first';
}
