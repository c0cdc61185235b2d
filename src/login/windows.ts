import type { Page } from 'playwright';
import type { LoginRun } from './login-run.ts';
import { note } from './login-run.ts';
import { asksToLogIn } from './page-state.ts';
import { classifyLook } from './seen-page.ts';

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

const originOf = (page: Page): string => URL.parse(page.url())?.origin ?? '';

function goTo(run: LoginRun, page: Page, why: string): void {
  note(run, 'window', 0, why);
  run.page = page;
  // What the submission sets in motion goes on there.
  run.watch?.follow(page);
}

/**
 * Follows a login into the window its form opened in, and back when that window closes. True when the page to look at is
 * another one now.
 */
export async function followWindow(run: LoginRun): Promise<boolean> {
  if (run.page.isClosed()) {
    const [left] = run.page.context().pages();
    if (!left) return false;
    goTo(run, left, 'The window of the login closed; the login goes on in the page that opened it.');
    return true;
  }
  for (const page of otherWindows(run)) {
    const { look, state } = await run.progress.part('observe', () => classifyLook(page));
    look.dispose();
    const form = run.submittedAt === null && asksToLogIn(state);
    // The answer to a form may open in another window while the form stays as it is.
    const inside = run.submittedAt !== null && state.kind === 'logged_in' && run.origins.has(originOf(page));
    if (!form && !inside) continue;
    goTo(run, page, form ? 'The login form opened in a window of its own.' : 'The answer opened in another window.');
    return true;
  }
  return false;
}
