import type { Page, Response } from 'playwright';
import { begin, Ended, type Ending, type LoginRun, note, secretOf } from '../login-run.ts';
import { openPage } from '../open-page.ts';

/** Whether an answer asks for HTTP Basic or Digest (RFC 7617, RFC 7616). */
export function asksHttpAuth(response: Response | null): boolean {
  return response?.status() === 401 && /^\s*(basic|digest)\b/im.test(response.headers()['www-authenticate'] ?? '');
}

/**
 * Answers one HTTP challenge: the page is reopened in a new context that holds the credential for this origin alone. The
 * browser sends it once; a 401 after it is final. There is no session to keep.
 */
export async function answerHttpAuth(run: LoginRun, url: string): Promise<{ ending: Ending; page: Page }> {
  const origin = new URL(url).origin;
  run.progress.step();
  if (run.task.has_username) await begin(run, 'identifier', origin);
  await begin(run, 'password', origin);
  const { username, password } = await secretOf(run);
  const { page } = await run.progress.part('context', () =>
    run.ports.openContext({ http_credentials: { username, password, origin } }),
  );
  for (const stage of ['identifier', 'password'] as const) {
    if (!run.begun.has(stage)) continue;
    run.submissions[stage] = 1;
    run.ports.event({ event: 'stage', data: { stage, state: 'submitted' } });
  }
  await holdBack(page);
  const opened = await openPage(run, page, url);
  if ('ending' in opened) return { ending: opened.ending, page };
  const status = opened.response?.status() ?? 0;
  if (status === 401) {
    note(run, 'http_status', -4, 'The server answered 401 to the credential.');
    return { ending: { code: 'wrong_credentials', details: { part: 'unknown' }, rule: 'error_after_attempt' }, page };
  }
  if (status === 403 || status === 429 || status >= 500) {
    note(run, 'http_status', -3, `The server answered ${status} to the credential.`);
    const code = status === 429 ? 'rate_limited' : 'rejected';
    return { ending: { code, rule: 'error_after_attempt' }, page };
  }
  note(run, 'http_status', 3, `The server answered ${status} with the credential.`);
  if (!(await refusedWithout(run, url))) return { ending: { code: 'inconclusive' }, page };
  return { ending: { code: 'logged_in', landingUrl: url, passwordProven: true }, page };
}

/**
 * Lets out the one request that answers the challenge. The browser would give the credential to every further challenge
 * too, such as those of the pictures on the page of a refusal: these wait until it is accepted, and never go when not.
 */
async function holdBack(page: Page): Promise<void> {
  const accepted = Promise.withResolvers<boolean>();
  page.on('response', (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && request.frame() === page.mainFrame())
      accepted.resolve(response.status() < 400);
  });
  page.once('close', () => accepted.resolve(false));
  let answers = 0;
  await page.context().route(/.*/, async (route) => {
    answers += 1;
    const goes = answers === 1 || (await accepted.promise);
    // Fails only when the page is gone, and the request with it.
    await (goes ? route.continue() : route.abort('blockedbyclient')).catch(() => undefined);
  });
}

/** The same address without the credential is refused: that is what makes the answer a proof. */
async function refusedWithout(run: LoginRun, url: string): Promise<boolean> {
  const { context, page } = await run.progress.part('control', () => run.ports.openContext({}));
  const opened = await openPage(run, page, url);
  await context.close();
  if ('ending' in opened) throw new Ended({ code: 'inconclusive' });
  const refused = opened.response?.status() === 401;
  if (refused) note(run, 'refused_without_session', 4, 'The same address answers 401 without the credential.');
  else note(run, 'same_without_session', -3, 'The same address answers without the credential too.');
  return refused;
}
