import { type LoginRun, note } from './login-run.ts';
import type { SessionState } from './outcome.ts';
import { asksToLogIn } from './page-state.ts';
import { marksOf, reopen } from './success.ts';

export interface SavedSession {
  session: SessionState | null;
  failure: 'restore_failed' | 'capture_failed' | null;
}

/**
 * Captures the session, closes the login's context (some sites keep one session a user), restores it in a clean one,
 * looks whether it works there, and captures again: tokens that rotate when used would otherwise be dead.
 */
export async function saveSession(run: LoginRun, landingUrl: string): Promise<SavedSession> {
  const { ports, progress } = run;
  const username = run.secret?.username ?? '';
  let first: SessionState;
  try {
    first = await progress.part('capture', () => ports.captureSession(run.page.context()));
    await progress.part('close', () => ports.closeContext(run.page.context()));
  } catch (error) {
    return failed(run, error, 'capture_failed', 'The session could not be read from the browser.');
  }
  try {
    const restored = await progress.part('restore', () => ports.openContext({ session: first }));
    const seen = await progress.part('restore', () => reopen(run, restored.page, landingUrl, username));
    const works =
      seen.status < 400 &&
      !asksToLogIn(seen.state) &&
      (marksOf(seen.observation, username).length > 0 || (!seen.offersLogin && !seen.partly));
    if (!works) {
      note(run, 'restore_failed', 0, 'The saved session asked for a login again in a clean context.');
      return { session: null, failure: 'restore_failed' };
    }
    const session = await progress.part('capture', () => ports.captureSession(restored.context));
    await restored.context.close();
    return { session: { ...session, landing_url: landingUrl }, failure: null };
  } catch (error) {
    return failed(run, error, 'restore_failed', 'The saved session could not be restored.');
  }
}

/** A session that cannot be kept does not undo the login, but the run's end does. */
function failed(run: LoginRun, error: unknown, failure: SavedSession['failure'], text: string): SavedSession {
  if (run.progress.signal.aborted) throw error;
  note(run, failure ?? 'restore_failed', 0, text);
  return { session: null, failure };
}
