import type { BrowserContext, Dialog, Page } from 'playwright';
import { newPass } from '../egress/egress-access.ts';
import type { ContextRequest } from '../login/ports.ts';
import { restoreSessionStorage, storageStateOption } from './capture-session.ts';
import { alignClientHints, FIXED_OPTIONS, type KeptContextOptions, keptOptions } from './context-options.ts';
import { type GuardPolicy, guardPage, guardPopups } from './navigation-guard.ts';
import { NetworkFuse } from './network-fuse.ts';
import { untilDisconnected } from './until-disconnected.ts';
import type { RunningBrowser, WarmBrowser } from './warm-browser.ts';

/** Dialogs answered in one context. A page that loops on alert() is left standing in the next one, out of our time. */
const MAX_DIALOGS = 100;

export interface OpenContext {
  context: BrowserContext;
  page: Page;
  /** What the context was made with, as it goes into a profile. */
  options: KeptContextOptions;
  fuse: NetworkFuse;
  /** The process group the context lives in. */
  pid: number;
  /** The name the egress proxy knows the context by. */
  pass: string;
}

interface Prepared extends OpenContext {
  policy: GuardPolicy;
}

/**
 * Makes the contexts of one warm browser. One plain context with its page is kept ready, because the page is what
 * costs (40–56 ms); it is made anew when a context closes, since then the machine has a moment.
 */
export class Contexts {
  readonly #warm: WarmBrowser;
  #next: Promise<Prepared | null> | null = null;
  #closed = false;

  constructor(warm: WarmBrowser) {
    this.#warm = warm;
  }

  /**
   * A fresh context with one guarded page. `profileOptions` are those of the run's profile, if it has one; those of the
   * request's own session come first. The caller closes the context.
   */
  async open(
    request: ContextRequest,
    profileOptions: Record<string, unknown>,
    policy: GuardPolicy,
  ): Promise<OpenContext> {
    const wanted = request.session?.context_options ?? profileOptions;
    const plain = !request.session && !request.http_credentials && Object.keys(wanted).length === 0;
    const opened = (plain && (await this.#takeNext())) || (await this.#make(request, wanted));
    // The policy object was given to the guard when the context was made; from here on it is this run's.
    Object.assign(opened.policy, policy);
    opened.context.once('close', () => this.prepareNext());
    return opened;
  }

  /** Gets the browser and the next plain context ready, in the background. */
  prepareNext(): void {
    if (this.#closed || this.#next) return;
    // Failing here is no harm: the run that needs a context makes it, and meets the reason itself.
    this.#next = this.#make({}, {}).catch(() => null);
  }

  async #takeNext(): Promise<Prepared | null> {
    // Taken before it is waited for: of two runs that start at once only one may have it.
    const next = this.#next;
    this.#next = null;
    const taken = await next;
    if (!taken || taken.page.isClosed() || !taken.context.browser()?.isConnected()) return null;
    return taken;
  }

  async #make(request: ContextRequest, wanted: Record<string, unknown>): Promise<Prepared> {
    const running = await this.#warm.get();
    const made = this.#makeIn(running, request, wanted);
    try {
      return await untilDisconnected(running.browser, made);
    } catch (error) {
      // One that comes late is nobody's.
      void made.then(({ context }) => context.close()).catch(() => undefined);
      throw error;
    }
  }

  async #makeIn(
    { browser, pid }: RunningBrowser,
    request: ContextRequest,
    wanted: Record<string, unknown>,
  ): Promise<Prepared> {
    const options = keptOptions(browser.version(), wanted);
    const pass = newPass(this.#warm.egress);
    const context = await browser.newContext({
      ...options,
      ...FIXED_OPTIONS,
      proxy: pass,
      ...(request.http_credentials ? { httpCredentials: request.http_credentials } : {}),
      ...(request.session ? storageStateOption(request.session) : {}),
    });
    try {
      let dialogs = 0;
      context.on('dialog', (dialog) => {
        dialogs += 1;
        if (dialogs <= MAX_DIALOGS) void answer(dialog);
      });
      const policy: GuardPolicy = { onDenied: () => undefined, onLost: () => undefined };
      const fuse = await NetworkFuse.create(context, (url) => policy.onLost(url));
      const page = await context.newPage();
      // Before the guard: the origins are served from here, and none of them counts as a navigation.
      if (request.session) await restoreSessionStorage(page, request.session);
      const session = await guardPage(page, policy);
      await alignClientHints(session, browser.version(), options);
      guardPopups(context, policy);
      return { context, page, options, fuse, pid, pass: pass.username, policy };
    } catch (error) {
      await context.close().catch(() => undefined);
      throw error;
    }
  }

  /** Closes the context that is kept ready. Those handed out are their runs' to close. */
  async close(): Promise<void> {
    this.#closed = true;
    const next = await this.#next;
    await next?.context.close().catch(() => undefined);
  }
}

/** Nothing is ever confirmed for a site, except leaving its page, which is our own navigation. */
async function answer(dialog: Dialog): Promise<void> {
  await (dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss()).catch(() => undefined);
}
