import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright';
import { KeyturnError } from '../errors.ts';
import type { ContextRequest } from '../login/ports.ts';
import type { KeptContextOptions } from './context-options.ts';
import type { Contexts, OpenContext } from './contexts.ts';
import { isFramed } from './is-framed.ts';
import type { DeniedNavigation, GuardPolicy } from './navigation-guard.ts';
import type { NetworkFuse } from './network-fuse.ts';
import { type RawRecording, Recorder, type RecordKind } from './recorder.ts';
import { Unreached } from './unreached.ts';
import { untilDisconnected } from './until-disconnected.ts';
import { type PasskeyHooks, type SeededPasskey, VirtualAuthenticator } from './virtual-authenticator.ts';

/** Milliseconds the passkey may take to come out of a browser that is about to be closed. */
const WITHDRAW_MS = 150;
/** Milliseconds what was recorded may take to be written and read. */
const RECORDING_MS = 10_000;

/** What is recorded of a run's login, and the folder it lies in meanwhile. */
export interface Recording {
  kind: RecordKind;
  folder: string;
}

/** The browser contexts of one run: opened under its guard, all closed when it ends. */
export class RunContexts {
  /** Rejects `browser_crashed` when the browser or one of the run's pages dies under it; never resolves. */
  readonly crashed: Promise<never>;
  readonly unreached = new Unreached();
  /** What the first context was made with. */
  options: KeptContextOptions = {};
  readonly #contexts: Contexts;
  readonly #profileOptions: Record<string, unknown>;
  readonly #policy: GuardPolicy;
  readonly #onContext: (context: { pid: number; pass: string }) => void;
  readonly #recording: Recording;
  /** Of the contexts the login is done in; those it is compared with hold nothing new. */
  readonly #recorders = new Map<BrowserContext, Recorder>();
  readonly #open = new Map<BrowserContext, OpenContext>();
  readonly #onCrash: () => void;
  /** Listened to until the run ends: a dying browser reports its contexts closed before itself gone. */
  readonly #browsers = new Set<Browser | null>();
  /** What the guard refused. */
  #denied: DeniedNavigation | null = null;
  #closing = false;
  #authenticator: VirtualAuthenticator | null = null;

  constructor(
    contexts: Contexts,
    profileOptions: Record<string, unknown>,
    onContext: (context: { pid: number; pass: string }) => void,
    recording: Recording,
  ) {
    this.#contexts = contexts;
    this.#profileOptions = profileOptions;
    this.#onContext = onContext;
    this.#recording = recording;
    this.#policy = {
      onDenied: (denied) => {
        this.#denied ??= denied;
      },
      onLost: (url) => this.unreached.noteFailed(url),
    };
    const { promise, reject } = Promise.withResolvers<never>();
    this.crashed = promise;
    this.#onCrash = () => reject(new KeyturnError('browser_crashed'));
    // Nobody may be listening at the moment it happens; the run looks at it when it races.
    promise.catch(() => undefined);
  }

  async open(request: ContextRequest): Promise<OpenContext> {
    const opened = await this.#contexts.open(request, this.#profileOptions, this.#policy);
    if (this.#closing) {
      await opened.context.close().catch(() => undefined);
      throw new KeyturnError('internal', { detail: 'The run ended while a browser context was being opened.' });
    }
    const isLogin = Object.keys(this.options).length === 0 || request.http_credentials !== undefined;
    this.#watch(opened);
    const { kind, folder } = this.#recording;
    if (kind !== 'off' && isLogin) {
      this.#recorders.set(opened.context, await Recorder.start(opened.context, kind, folder));
    }
    return opened;
  }

  #watch(opened: OpenContext): void {
    const { context, page, options, pid, pass } = opened;
    if (this.#open.size === 0 && Object.keys(this.options).length === 0) this.options = options;
    this.#open.set(context, opened);
    context.once('close', () => this.#open.delete(context));
    this.#onContext({ pid, pass });
    context.on('requestfailed', (request) => {
      if (request.isNavigationRequest() && !isFramed(request)) this.unreached.noteFailed(request.url());
    });
    context.browser()?.once('disconnected', this.#onCrash);
    // It may have died while the context was on its way here.
    if (context.browser()?.isConnected() === false) this.#onCrash();
    page.once('crash', this.#onCrash);
    this.#browsers.add(context.browser());
  }

  /** The first page, or request with the credential, that went where it may not. */
  get denied(): DeniedNavigation | null {
    return this.#denied ?? this.unreached.denied;
  }

  /** The options an open context was made with. */
  optionsOf(context: BrowserContext): KeptContextOptions {
    return this.#open.get(context)?.options ?? this.options;
  }

  /** The fuse of an open context. */
  fuseOf(context: BrowserContext): NetworkFuse {
    const opened = this.#open.get(context);
    if (!opened) throw new KeyturnError('internal', { detail: 'The browser context is closed.' });
    return opened.fuse;
  }

  /** Puts the run's passkey into the context of its login; the contexts it is compared with have none. */
  async seedPasskey(context: BrowserContext, passkey: SeededPasskey, hooks: PasskeyHooks) {
    this.#authenticator = await VirtualAuthenticator.install(context, passkey, hooks);
    return this.#authenticator;
  }

  /** Closes a context before the run is over; what was recorded of it is kept. */
  async close(context: BrowserContext): Promise<void> {
    await this.#recorders.get(context)?.finish();
    await context.close();
  }

  /** What was recorded of the login, while its contexts are open. Nothing of a browser that is gone or stuck. */
  async recordings(): Promise<RawRecording[]> {
    const late = delay(RECORDING_MS, null, { ref: false });
    const all = await Promise.all([...this.#recorders.values()].map((one) => Promise.race([one.finish(), late])));
    return all.filter((recording) => recording !== null);
  }

  /** Resolves when every open context's browser answers. Rejects when one is dead; a hung one does neither. */
  async answer(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((context) => context.cookies('http://localhost')));
  }

  /**
   * Closes every context of the run; calls in flight fail with `reason`. One that is still being opened is not waited
   * for (a browser may just be starting): it has not been anywhere, and is closed as soon as it is there.
   */
  async closeAll(reason: string): Promise<void> {
    this.#closing = true;
    if (this.#authenticator) await Promise.race([this.#authenticator.withdraw(), delay(WITHDRAW_MS)]);
    for (const browser of this.#browsers) browser?.off('disconnected', this.#onCrash);
    const close = (context: BrowserContext): Promise<void> => {
      const closed = context.close({ reason });
      const browser = context.browser();
      // Of a browser that dies in the middle of it no answer may come.
      return (browser ? untilDisconnected(browser, closed) : closed).catch(() => undefined);
    };
    await Promise.all([...this.#open.keys()].map(close));
    this.#open.clear();
  }
}
