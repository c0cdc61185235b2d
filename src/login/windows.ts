import type { Page } from 'playwright';
import { trustOrigins } from './check-places.ts';
import { type LoginRun, note } from './login-run.ts';
import { asksToLogIn } from './page-state.ts';
import { classifyLook, type SeenPage } from './seen-page.ts';

/** Windows that are looked at; a page that opens many of them is not a login. */
const MOST = 3;

/** The other windows of the run that show a page of the web. */
export function otherWindows(run: LoginRun): Page[] {
  return run.page
    .context()
    .pages()
    .filter((page) => page !== run.page && !page.isClosed() && /^https?:/.test(page.url()))
    .slice(-MOST);
}

function goTo(run: LoginRun, page: Page, why: string): void {
  note(run, 'window', 0, why);
  run.page = page;
  // What the submission sets in motion goes on there.
  run.watch?.follow(page);
}

/** Goes back to the page that opened the login's window once that is closed. */
export function leaveWindow(run: LoginRun): void {
  const [left] = run.page.context().pages();
  if (!run.page.isClosed() || !left) return;
  goTo(run, left, 'The window of the login closed; the login goes on in the page that opened it.');
}

async function find(run: LoginRun, fits: (seen: SeenPage, page: Page) => boolean): Promise<Page | null> {
  for (const page of otherWindows(run)) {
    const seen = await run.progress.part('observe', () => classifyLook(page));
    seen.look.dispose();
    if (fits(seen, page)) return page;
  }
  return null;
}

/** The page has no form of its own and one of its windows has: goes there. Where it may be typed is judged as anywhere. */
export async function enterWindow(run: LoginRun): Promise<boolean> {
  const page = await find(run, ({ state }) => asksToLogIn(state));
  if (!page) return false;
  trustOrigins(run);
  run.inWindow = true;
  goTo(run, page, 'The login form opened in a window of its own.');
  return true;
}

/** The answer to a form may open in another window while the form stays as it is. */
export async function followAnswer(run: LoginRun): Promise<boolean> {
  const allowed = (page: Page) => run.origins.has(URL.parse(page.url())?.origin ?? '');
  const page = await find(run, ({ state }, found) => state.kind === 'logged_in' && allowed(found));
  if (!page) return false;
  goTo(run, page, 'The answer opened in another window.');
  return true;
}
