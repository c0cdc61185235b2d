import type { Dialog, Page, Request, Response } from 'playwright';
import { destinationOf, isSafe } from './destination.ts';
import { nextChange } from './next-change.ts';
import { isNoise } from './noise.ts';
import type { Look } from './observe.ts';
import { observe } from './observe.ts';

/** A page that loops on alert() says nothing new. */
const MAX_SAID = 20;

/** So many requests are remembered. */
const MAX_SENT = 200;
/** How long a request that may be the submission is waited for once another one was answered, milliseconds. */
const OTHERS_MS = 10_000;
/** What the browser sends beside the page's own requests: beacons, reports, and the questions before a request. */
const BESIDE = /^(ping|preflight|csp_?violation_?report)$/i;

/** A document for the main frame. */
function leads(request: Request): boolean {
  return request.isNavigationRequest() && request.frame().parentFrame() === null;
}

/** A request that can carry what was typed. */
function sends(request: Request): boolean {
  if (leads(request)) return true;
  return !isSafe(request.method()) && !BESIDE.test(request.resourceType());
}

/** The request that a chain of redirects began with. */
function firstOf(request: Request): Request {
  let first = request;
  for (let at: Request | null = request; at; at = at.redirectedFrom()) first = at;
  return first;
}

/** Something that left the page and can carry what was typed. */
interface Sent {
  request: Request;
  /** Document of the main frame. */
  leads: boolean;
  /** The page had sent something there before anything was typed, or clicked. */
  known: boolean;
  /** It was sent after the click, or whatever else sends the form. */
  clicked: boolean;
  /** It left before all of the code was typed. */
  holdsNoCode: boolean;
  response: Response | null;
  answeredAt: number | null;
  /** Answered, or failed. */
  over: boolean;
}

/** What is known of a page when the watch begins. */
interface Watching {
  /** The document that is on its way to the page already, if any. */
  earlier?: Request | null;
  /** Destinations the page sent to before. */
  known?: ReadonlySet<string>;
  /** Whether a secret was recognised in a request. */
  carried?: (request: Request) => boolean;
  /** Told where the page sends something, documents apart. */
  told?: (destination: string) => void;
}

/** What a submission sets in motion. Armed before anything is typed, so that a page that sends by itself is seen. */
export class Consequences implements Disposable {
  /** What was sent, in order. */
  readonly sent: Sent[] = [];
  /** How often the main frame took another document, or its script another address, since. */
  navigations = 0;
  /** A script gave the page another address, without another document. */
  moved = false;
  /** The last request for a document of the main frame: whether what is shown answers a GET. */
  document: Request | null = null;
  /** What the page said in dialogs since. */
  readonly said: string[] = [];
  /** A document is on its way to the main frame, and what is shown is the page it will replace. */
  leaving = false;
  /** The form is being sent, or was. */
  sending = false;
  /** What scripts of the page have asked for and not got yet. */
  readonly #open = new Set<Request>();
  #page: Page;
  readonly #watching: Watching;
  /** A document that was asked for before: its coming follows from nothing that is watched here. */
  #earlier: Request | null;
  readonly #places: Set<string>;
  #undo: () => void;
  #wake: () => void = () => {};
  /** Something came since the last wait ended: it may have come while the page was looked at. */
  #changed = false;

  constructor(page: Page, watching: Watching = {}) {
    this.#page = page;
    this.#watching = watching;
    this.#places = new Set(watching.known);
    this.#earlier = watching.earlier ?? null;
    this.document = this.#earlier;
    this.leaving = this.#earlier !== null;
    this.#undo = this.#attach(page);
  }

  /** Call just before the last of a code is typed: what left until now did not hold the whole. */
  codeIsWhole(): void {
    for (const one of this.sent) one.holdsNoCode = true;
  }

  /**
   * Whether what left may be a code that its page has changed beyond recognition: such pages send by themselves as soon
   * as their boxes are full, to where they have sent nothing before.
   */
  get mayHoldCode(): boolean {
    return this.sent.some(({ leads, known, holdsNoCode }) => !leads && !known && !holdsNoCode);
  }

  /** Call just before what sends the form: what leaves from now on may be the submission. */
  submitting(): void {
    this.sending = true;
  }

  /** The page has sent the form by itself: what left so far may be the submission, too. */
  submitted(): void {
    this.sending = true;
    for (const one of this.sent) one.clicked = true;
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
      if (leads(request)) {
        this.document = request;
        this.leaving = true;
      }
      if (/^(fetch|xhr)$/.test(request.resourceType())) this.#open.add(request);
      if (request.redirectedFrom() === null && sends(request) && !isNoise(request.url())) this.#note(request);
    };
    const onResponse = (response: Response): void => {
      const status = response.status();
      // Where it leads to may take its time: a redirect is no answer yet (RFC 9110 §15.4).
      if (status >= 300 && status < 400 && status !== 304) return;
      const answered = this.#find(response.request());
      if (!answered) return;
      Object.assign(answered, { response, answeredAt: performance.now(), over: true });
      this.#tell();
    };
    const onEnd = (request: Request): void => {
      this.#open.delete(request);
      // A file or an empty answer (204) ends the way to a document, and the page stays.
      if (request === this.document) {
        this.leaving = false;
        this.#tell();
      }
    };
    const onFailed = (request: Request): void => {
      const failed = this.#find(request);
      if (failed) failed.over = true;
      onEnd(request);
    };
    const onNavigated = (frame: { parentFrame(): unknown }): void => {
      if (frame.parentFrame() !== null) return;
      if (this.#earlier !== null && this.document === this.#earlier) this.document = null;
      else {
        // What the page before had asked for is told no more.
        if (this.leaving) this.#open.clear();
        this.navigations += 1;
        this.moved ||= !this.leaving;
      }
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
    page.on('requestfailed', onFailed);
    page.on('framenavigated', onNavigated);
    return () => {
      page.off('dialog', onDialog);
      page.off('request', onRequest);
      page.off('response', onResponse);
      page.off('requestfinished', onEnd);
      page.off('requestfailed', onFailed);
      page.off('framenavigated', onNavigated);
    };
  }

  #note(request: Request): void {
    const isDocument = leads(request);
    const body = isDocument ? null : request.postDataBuffer();
    const destination = destinationOf({ method: request.method(), url: request.url(), body });
    const known = !isDocument && destination !== null && this.#places.has(destination);
    if (this.sent.length >= MAX_SENT) this.#makeRoom();
    if (this.sent.length < MAX_SENT) {
      const fate = { holdsNoCode: false, response: null, answeredAt: null, over: false };
      this.sent.push({ request, leads: isDocument, known, clicked: this.sending, ...fate });
    }
    if (!isDocument && destination !== null) {
      if (!this.sending && this.#places.size < MAX_SENT) this.#places.add(destination);
      this.#watching.told?.(destination);
    }
    this.#tell();
  }

  /** A page that reports each key does so for as long as it is looked at. */
  #makeRoom(): void {
    const least = this.sent.findIndex(({ known, clicked }) => known && !clicked);
    if (least >= 0) this.sent.splice(least, 1);
  }

  #find(request: Request): Sent | undefined {
    const first = firstOf(request);
    return this.sent.find((one) => one.request === first);
  }

  /** The document that is on its way to the main frame. */
  get coming(): Request | null {
    return this.leaving ? this.document : null;
  }

  #tell(): void {
    this.#changed = true;
    this.#wake();
  }

  #carrier(): Sent | undefined {
    return this.sent.findLast(({ request }) => this.#watching.carried?.(request));
  }

  /** The submission: what a secret was recognised in, or else what was not sent before and came first. */
  #submission(): Sent | null {
    const clicked = this.sent.filter((one) => one.clicked);
    return this.#carrier() ?? clicked.find(({ known }) => !known) ?? clicked[0] ?? this.sent[0] ?? null;
  }

  /** What the submission was answered with. */
  get response(): Response | null {
    return this.#submission()?.response ?? null;
  }

  /** Something was sent since the form was, or the page moved on. */
  get begun(): boolean {
    return this.navigated || this.sent.some(({ clicked }) => clicked || !this.sending);
  }

  get navigated(): boolean {
    return this.navigations > 0;
  }

  /** Which request was the submission is known, or the page moved on. */
  get sure(): boolean {
    return this.navigated || this.#carrier() !== undefined;
  }

  /** When the submission was answered, on the clock of `performance.now()`. */
  get answeredAt(): number | null {
    return this.#submission()?.answeredAt ?? null;
  }

  get answered(): boolean {
    if (this.navigated) return true;
    const { answeredAt } = this;
    if (answeredAt === null) return false;
    if (this.#carrier() || performance.now() - answeredAt > OTHERS_MS) return true;
    // Which of several it was nobody can tell before all are answered.
    return !this.sent.some(({ clicked, known, leads, over }) => clicked && !known && !leads && !over);
  }

  /** A script of the page waits for something it asked for since. */
  get loading(): boolean {
    return this.#open.size > 0;
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
