import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright';
import type { EgressAccess } from '../egress/egress-access.ts';
import { KeyturnError } from '../errors.ts';
import { type BrowserSetup, launchOptions } from './launch-options.ts';
import { standBackAsGroup } from './stand-back.ts';
import { untilDisconnected } from './until-disconnected.ts';

/** Milliseconds until a browser that did not start is tried again, whether a run asks for it or not. */
const TRY_AGAIN_MS = 5_000;

/** A started browser and its process, which leads a process group of its own (0 when the browser does not tell). */
export interface RunningBrowser {
  browser: Browser;
  pid: number;
}

/**
 * The one browser of a thread: started when first needed, kept for the runs to come, started anew after it died. One
 * that does not start is tried again by itself. A start costs 90–350 ms, a context in a warm one under 10.
 */
export class WarmBrowser {
  /** Where each context has to go through. */
  readonly egress: EgressAccess;
  readonly #setup: BrowserSetup;
  #running: Promise<RunningBrowser> | null = null;
  #closed = false;
  #again: NodeJS.Timeout | undefined;
  readonly #onStart: (started: boolean) => void;

  /** `onStart` is told of each start, and whether it worked. */
  constructor(setup: BrowserSetup, egress: EgressAccess, onStart: (started: boolean) => void = () => undefined) {
    this.egress = egress;
    this.#setup = setup;
    this.#onStart = onStart;
  }

  /** Rejects KeyturnError `no_browser` when it does not start, `unavailable` after close(). */
  get(): Promise<RunningBrowser> {
    if (this.#closed) return Promise.reject(new KeyturnError('unavailable', { detail: 'The browser is shut down.' }));
    this.#running ??= this.#launch();
    return this.#running;
  }

  async #launch(): Promise<RunningBrowser> {
    let browser: Browser;
    try {
      // Playwright leaves the profile folder behind when there is nothing to start.
      await access(this.#setup.executable, constants.X_OK);
      // What has no pass of a context, such as the browser's own requests, gets nothing at the proxy.
      const options = { ...launchOptions(this.#setup), proxy: { server: this.egress.server } };
      // Once more: the first one may have been killed while it started, as where memory is short.
      browser = await chromium.launch(options).catch((error: unknown) => {
        if (this.#closed) throw error;
        return chromium.launch(options);
      });
    } catch (error) {
      this.#running = null;
      this.#onStart(false);
      this.#tryAgain();
      throw new KeyturnError('no_browser', { detail: `${this.#setup.executable} does not start.`, cause: error });
    }
    this.#onStart(true);
    // Whoever asks after this moment gets a new one; the dead one's runs see their contexts close.
    browser.once('disconnected', () => {
      this.#running = null;
    });
    const pid = await untilDisconnected(browser, browserPid(browser));
    await standBackAsGroup(pid);
    return { browser, pid };
  }

  #tryAgain(): void {
    clearTimeout(this.#again);
    if (this.#closed) return;
    this.#again = setTimeout(() => void this.get().catch(() => undefined), TRY_AGAIN_MS).unref();
  }

  /** Ends the browser and removes its profile folder. Also right when none was started or it is dead. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    const running = await this.#running?.catch(() => null);
    await running?.browser.close().catch(() => undefined);
  }
}

/** Playwright does not show the process of a launched browser; the browser itself says it over CDP. */
async function browserPid(browser: Browser): Promise<number> {
  try {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return processInfo.find((info) => info.type === 'browser')?.id ?? 0;
  } catch {
    return 0;
  }
}
