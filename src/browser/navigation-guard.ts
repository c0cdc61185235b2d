import type { BrowserContext, CDPSession, Page } from 'playwright';
import { checkUrl } from '../egress/check-url.ts';

/** A navigation that was refused, as the engine's port tells it. */
export interface DeniedNavigation {
  url: string;
  address: string | null;
  reason: string;
}

/** What the guard of a context goes by. Filled in when the context is handed to a run (it may be made before). */
export interface GuardPolicy {
  allowNetworks: readonly string[];
  /** Called for refused main-frame navigations; refused frames are blocked silently. */
  onDenied(denied: DeniedNavigation): void;
}

async function judge(url: string, allowNetworks: readonly string[]): Promise<DeniedNavigation | null> {
  const check = await checkUrl(url, allowNetworks);
  // A name that does not resolve goes on to the browser, whose own error tells the engine that the site is unreachable.
  if (check.ok || check.reason === 'dns') return null;
  return { url: withoutUserinfo(url), address: check.address ?? null, reason: check.reason };
}

function withoutUserinfo(text: string): string {
  const url = URL.parse(text);
  if (!url) return '';
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * Judges every document request of a page before it is sent, each redirect hop again: scheme, userinfo, addresses.
 * It listens with CDP Fetch for documents only, so other requests keep their speed and the cache (a `context.route`
 * costs 7 ms a request and turns the cache off), and leaves HTTP authentication to Playwright. A refused request fails
 * with net::ERR_BLOCKED_BY_CLIENT. Returns the session, which lives as long as the page.
 */
export async function guardPage(page: Page, policy: GuardPolicy): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  // A page's target carries the id of its main frame.
  const { targetInfo } = await session.send('Target.getTargetInfo');
  session.on('Fetch.requestPaused', ({ requestId, request, frameId }) => {
    void judge(request.url, policy.allowNetworks).then((denied) => {
      if (denied && frameId === targetInfo.targetId) policy.onDenied(denied);
      const answer = denied
        ? session.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
        : session.send('Fetch.continueRequest', { requestId });
      // Fails only when the page is gone, and then the request is gone with it.
      return answer.catch(() => undefined);
    });
  });
  await session.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Request' }] });
  return session;
}

/**
 * Guards the pages a site opens (window.open, target=_blank). Chromium lets their first request go before anyone can
 * attach (measured: the guard is there 3–40 ms after it), so that one is judged afterwards: a pop-up at a refused
 * address is reported and closed, its later navigations are stopped in time. Only an egress proxy stops the first.
 */
export function guardPopups(context: BrowserContext, policy: GuardPolicy): void {
  context.on('page', (page) => {
    void guardPopup(page, policy).catch(() => undefined);
  });
}

async function guardPopup(page: Page, policy: GuardPolicy): Promise<void> {
  await guardPage(page, policy);
  const url = page.url();
  if (!/^https?:|^file:/.test(url)) return;
  const denied = await judge(url, policy.allowNetworks);
  if (!denied) return;
  policy.onDenied(denied);
  await page.close();
}
