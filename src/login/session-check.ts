import { Consequences } from './consequences.ts';
import { type Ending, type LoginRun, note } from './login-run.ts';
import { openPage } from './open-page.ts';
import { asksToLogIn } from './page-state.ts';
import { FORM_MS, SETTLED_MS } from './patience.ts';
import { classifyLook, type SeenPage } from './seen-page.ts';
import { landingOf, marksOf, provenBy } from './success.ts';

/** A saved session is looked at before any form is touched. Null when it does not prove itself. */
export async function checkSession(run: LoginRun): Promise<Ending | null> {
  const url = run.task.check_url ?? run.task.url;
  const opened = await openPage(run, run.page, url);
  if ('ending' in opened) return run.task.check_url === null ? opened.ending : null;
  const page = await settledPage(run, (seen) => asksToLogIn(seen.state) || showsSession(run, seen));
  if (asksToLogIn(page.state) || page.state.kind === 'code_step') {
    note(run, 'session_over', 0, 'The saved session is over: the page asks for a login.');
    return null;
  }
  const live = await liveSession(run);
  run.comparisons = 0;
  return live;
}

/** What is shown without anything having been typed is the saved session, where a clean context does not show it. */
export async function liveSession(run: LoginRun): Promise<Ending | null> {
  run.comparisons += 1;
  const landing = landingOf(run.page.url(), run.task.url);
  const proven = await run.progress.part('control', () => provenBy(run, landing, landing === run.page.url()));
  return proven ? { code: 'already_logged_in', landingUrl: landing } : null;
}

/** The page shows a sign of a session. */
export function showsSession(run: LoginRun, { look }: SeenPage): boolean {
  return marksOf(look.observation, run.secret?.username ?? '').length > 0;
}

async function settledPage(run: LoginRun, enough: (seen: SeenPage) => boolean): Promise<SeenPage> {
  using changes = new Consequences(run.page);
  const started = performance.now();
  let quietSince = started;
  let content = '';
  for (;;) {
    const seen = await run.progress.part('observe', () => classifyLook(run.page));
    const now = `${run.page.url()} ${seen.look.observation.lines.length} ${seen.look.observation.buttons.length}`;
    if (now !== content) quietSince = performance.now();
    content = now;
    const quiet = performance.now() - quietSince;
    if (enough(seen) || quiet > SETTLED_MS || performance.now() - started > FORM_MS) return seen;
    seen.look.dispose();
    await run.progress.part('wait', () => changes.next(250));
  }
}
