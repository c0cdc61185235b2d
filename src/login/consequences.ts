import type { Dialog, Page, Request, Response } from 'playwright';
import { nextChange } from './next-change.ts';
import { isNoise } from './noise.ts';
import type { Look } from './observe.ts';
import { observe } from './observe.ts';

/** A page that loops on alert() says nothing new. */
const MAX_SAID = 20;

/** A request that can carry what was typed. */
function sends(request: Request): boolean {
  return request.method() !== 'GET' || (request.isNavigationRequest() && request.frame().parentFrame() === null);
}

/** The request that a chain of redirects began with. */
function firstOf(request: Request): Request {
  let first = request;
  for (let at: Request | null = request; at; at = at.redirectedFrom()) first = at;
  return first;
}

/** What a submission sets in motion. Armed before anything is typed, so that a page that sends by itself is seen. */
export class Consequences implements Disposable {
  /** The first request that may carry what was typed. */
  request: Request | null = null;
  response: Response | null = null;
  /** How often the main frame took another document, or its script another address, since. */
  navigations = 0;
  /** The last request for a document of the main frame: whether what is shown answers a GET. */
  document: Request | null = null;
  /** What the page said in dialogs since. */
  readonly said: string[] = [];
  /** A document is on its way to the main frame, and what is shown is the page it will replace. */
  leaving = false;
  #page: Page;
  /** A document that was asked for before: its coming follows from nothing that is watched here. */
  #earlier: Request | null;
  #undo: () => void;
  #wake: () => void = () => {};
  /** Something came since the last wait ended: it may have come while the page was looked at. */
  #changed = false;

  /** `earlier`: the document that is on its way to the page already, if any. */
  constructor(page: Page, earlier: Request | null = null) {
    this.#page = page;
    this.#earlier = earlier;
    this.document = earlier;
    this.leaving = earlier !== null;
    this.#undo = this.#attach(page);
  }

  /** The login goes on in another window; what came from the first is an answer. */
  follow(page: Page): void {
    if (page === this.#page) return;
    this.#undo();
    this.#page = page;
    this.#undo = this.#attach(page);
    this.navigations += 1;
    this.document = null;
    this.#earlier = null;
    this.leaving = false;
  }

  #attach(page: Page): () => void {
    const onRequest = (request: Request): void => {
      if (request.isNavigationRequest() && request.frame().parentFrame() === null) {
        this.document = request;
        this.leaving = true;
      }
      if (this.request || !sends(request) || isNoise(request.url())) return;
      this.request = request;
      this.#tell();
    };
    const onResponse = (response: Response): void => {
      const status = response.status();
      // Where it leads to may take its time: a redirect is no answer yet (RFC 9110 §15.4).
      if (!this.request || (status >= 300 && status < 400 && status !== 304)) return;
      if (firstOf(response.request()) !== this.request) return;
      this.response = response;
      this.#tell();
    };
    // A file or an empty answer (204) ends the way to a document, and the page stays.
    const onEnd = (request: Request): void => {
      if (request !== this.document) return;
      this.leaving = false;
      this.#tell();
    };
    const onNavigated = (frame: { parentFrame(): unknown }): void => {
      if (frame.parentFrame() !== null) return;
      if (this.#earlier !== null && this.document === this.#earlier) this.document = null;
      else this.navigations += 1;
      this.#earlier = null;
      this.leaving = false;
      this.#tell();
    };
    // It is answered elsewhere. What is asked on leaving a page has no words of the page's own.
    const onDialog = (dialog: Dialog): void => {
      const text = dialog.message().replace(/\s+/g, ' ').trim();
      if (dialog.type() !== 'beforeunload' && text !== '' && this.said.length < MAX_SAID) this.said.push(text);
      this.#tell();
    };
    page.on('dialog', onDialog);
    page.on('request', onRequest);
    page.on('response', onResponse);
    page.on('requestfinished', onEnd);
    page.on('requestfailed', onEnd);
    page.on('framenavigated', onNavigated);
    return () => {
      page.off('dialog', onDialog);
      page.off('request', onRequest);
      page.off('response', onResponse);
      page.off('requestfinished', onEnd);
      page.off('requestfailed', onEnd);
      page.off('framenavigated', onNavigated);
    };
  }

  /** The document that is on its way to the main frame. */
  get coming(): Request | null {
    return this.leaving ? this.document : null;
  }

  #tell(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Something was sent, or the page moved on. */
  get begun(): boolean {
    return this.request !== null || this.navigated;
  }

  get navigated(): boolean {
    return this.navigations > 0;
  }

  get answered(): boolean {
    return this.response !== null || this.navigated;
  }

  /** Waits for the next sign of anything: request, answer, navigation, or a change in any frame; at most `ms`. */
  async next(ms: number): Promise<void> {
    if (this.#changed) {
      this.#changed = false;
      return;
    }
    const signal = Promise.withResolvers<void>();
    this.#wake = signal.resolve;
    const timer = setTimeout(signal.resolve, ms);
    for (const frame of this.#page.frames()) {
      // A frame that goes away has changed.
      frame.evaluate(nextChange, ms).then(signal.resolve, signal.resolve);
    }
    await signal.promise;
    clearTimeout(timer);
    this.#wake = () => {};
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#undo();
  }
}

/** Looks at the page again and again, at each change, until `enough` says so or the time is over. */
export async function lookUntil(
  page: Page,
  ms: number,
  enough: (look: Look) => boolean,
  watch?: Consequences,
): Promise<Look> {
  const deadline = performance.now() + ms;
  using own = watch ? null : new Consequences(page);
  const changes = watch ?? (own as Consequences);
  for (;;) {
    const look = await observe(page);
    const left = deadline - performance.now();
    if (left <= 0 || enough(look)) return look;
    look.dispose();
    await changes.next(Math.min(left, 1_000));
  }
}
