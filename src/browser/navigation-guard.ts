import type { BrowserContext, CDPSession, Page } from 'playwright';

/** A navigation that was refused, as the engine's port tells it. */
export interface DeniedNavigation {
  url: string;
  address: string | null;
  reason: string;
}

/** What the guard of a context tells. Filled in when the context is handed to a run (it may be made before). */
export interface GuardPolicy {
  /** Called for refused main-frame navigations; refused frames are blocked silently. */
  onDenied(denied: DeniedNavigation): void;
  /** Called with the address of a submission that got no answer. */
  onLost(url: string): void;
}

/** Schemes a document may have. What has no origin of its own comes from the page that is shown already. */
const OF_PAGES = /^(https?|about|blob|data):/;

/** Where an address leads is the egress proxy's to judge; this is about what never gets there. */
function judge(url: string): DeniedNavigation | null {
  const target = URL.parse(url);
  if (!target || !OF_PAGES.test(target.protocol)) return { url: withoutUserinfo(url), address: null, reason: 'scheme' };
  // The browser would send it as a credential.
  if (target.username || target.password) return { url: withoutUserinfo(url), address: null, reason: 'userinfo' };
  return null;
}

export function withoutUserinfo(text: string): string {
  const url = URL.parse(text);
  if (!url) return '';
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * Judges every document request of a page before it is sent, each redirect hop again: its scheme, and that it brings no
 * credential along. It listens with CDP Fetch for documents only, and leaves HTTP authentication to Playwright. A refused
 * request fails with net::ERR_BLOCKED_BY_CLIENT. Returns the session, which lives as long as the page.
 */
export async function guardPage(page: Page, policy: GuardPolicy): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  // A page's target carries the id of its main frame.
  const { targetInfo } = await session.send('Target.getTargetInfo');
  session.on('Fetch.requestPaused', ({ requestId, request, frameId }) => {
    const denied = judge(request.url);
    if (denied && frameId === targetInfo.targetId) policy.onDenied(denied);
    const answer = denied
      ? session.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
      : session.send('Fetch.continueRequest', { requestId });
    // Fails only when the page is gone, and then the request is gone with it.
    void answer.catch(() => undefined);
  });
  await session.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Request' }] });
  return session;
}

/**
 * Guards the pages a site opens (window.open, target=_blank). Their first request is gone before anyone can attach
 * (measured: the guard is there 3–40 ms after it): the proxy judges its address like any other, its scheme is judged here
 * afterwards, and a pop-up that fails that is reported and closed.
 */
export function guardPopups(context: BrowserContext, policy: GuardPolicy): void {
  context.on('page', (page) => {
    void guardPopup(page, policy).catch(() => undefined);
  });
}

async function guardPopup(page: Page, policy: GuardPolicy): Promise<void> {
  await guardPage(page, policy);
  const url = page.url();
  // An empty one has not gone anywhere yet; an error page is shown for what was refused.
  const denied = url === '' || url.startsWith('chrome-error:') ? null : judge(url);
  if (!denied) return;
  policy.onDenied(denied);
  await page.close();
}
