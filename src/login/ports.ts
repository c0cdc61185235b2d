import type { BrowserContext, Page, Request } from 'playwright';
import type { SessionState, Stage } from './outcome.ts';
import type { PlanAnswer, PlanRequest } from './plan.ts';

/** What the engine is asked to do. No secret in it. */
export interface LoginTask {
  /** The login page; where `url_is_secret` says so, only its origin. */
  url: string;
  /** The run begins at an address that logs in whoever opens it: main has it, beside the credential. */
  url_is_secret: boolean;
  /** `check_first`: the page carries a saved session; touch no form when it shows one. */
  goal: 'fresh' | 'check_first';
  /**
   * For `check_first`: where the saved session was last seen to work. Opened before `url`, because many login pages show
   * their form to people who are logged in already. Null: only `url` is known.
   */
  check_url: string | null;
  /** False for a password-only page. Then '' is the account's name. */
  has_username: boolean;
  /** False for an account that is entered by a link alone. */
  has_password: boolean;
  /** The second factor the credential names. */
  totp_type: 'authenticator' | 'email' | 'text' | 'none';
  /** How a code can be had (a seed, an inbox, an address to ask), the best way first; empty: not at all. */
  code_ways: ('authenticator' | 'email' | 'text' | 'recovery')[];
  /** The domain of the account's passkey (its rp_id); null: it has none. */
  passkey_rp_id: string | null;
  /** Labels of the extra fields the credential can answer. */
  extra_fields: string[];
  /** Origins a secret may be typed at. Empty: where the login page's own redirects led before anything was typed. */
  allowed_origins: string[];
  /** Capture and restore-test the session after success. */
  save_session: boolean;
  limits: {
    /** Fill-and-submit steps. */
    steps: number;
    /** Everything else: opening, waiting for redirects, closing banners, opening the form. */
    actions: number;
    /** Active milliseconds; the clock stops while a code is awaited. */
    run_ms: number;
    /** Milliseconds to wait for somebody outside: a code, an approval. */
    code_ms: number;
  };
}

/** The secret as the engine types it. Asked for only when its field is about to be filled. */
export interface LoginSecret {
  username: string;
  password: string;
  extra_fields: Record<string, string>;
  /** The address to begin at, where it is itself a secret; null: the task's. */
  start_url: string | null;
}

/** Whether a stage may be typed: `granted` only after `<stage>_started` is committed and the origin's lease is held. */
export type StagePermission =
  | { granted: true }
  | { granted: false; reason: 'origin_denied' | 'already_started' | 'over' }
  | { granted: false; reason: 'known_rejected' | 'cooldown'; details: Record<string, unknown> };

/** What a code is wanted for. */
export interface CodeQuestion {
  kind: 'code' | 'magic_link';
  /** Unix milliseconds: what was sent then made the site ask. Codes older than that are not for this run. */
  since: number;
  /** The page asks for one of the account's recovery codes and for no other. */
  recovery: boolean;
  /** How far the site's clock is ahead of this machine's, in milliseconds; null when it did not show. */
  clock_offset_ms: number | null;
}

/** `recovery`: one of the account's recovery codes. `notes`: what is to be remembered of where the code came from, or why it did not come. */
export type CodeAnswer = ({ code: string; recovery?: boolean } | { missing: true } | { timed_out: true }) & {
  notes: string[];
};

/** The account's passkey in the browser, where it is good for one signature. */
export interface Passkey {
  /** It signed. */
  readonly used: boolean;
  /** Takes it out of the browser, unused or not; main knows by then how far its counter came. Never rejects. */
  withdraw(): Promise<void>;
}

/** Something that happens elsewhere: an approval on another device, with the number it shows there. */
export interface OutsideWait {
  kind: 'approval';
  number: string | null;
}

/** What the engine tells while it runs; becomes the run's events. Texts hold no secret. */
export interface LoginEvent {
  event: 'stage' | 'step' | 'awaiting';
  data: Record<string, unknown>;
}

/** How a fresh browser context is to be made. */
export interface ContextRequest {
  /** A session to restore. Left out: a context that knows nothing. */
  session?: SessionState;
  /** HTTP Basic or Digest, always bound to one origin. */
  http_credentials?: { username: string; password: string; origin: string };
}

/** What the fuse of a run goes by. */
export interface FusePolicy {
  /** Whether a secret may go to this origin. */
  allows(origin: string): boolean;
  /** Values of the login that travel openly (the username). */
  notSecret: readonly string[];
  /** Whether the page sent something to this destination before anything was submitted: that is never the submission. */
  known(destination: string): boolean;
}

/** What the fuse stopped, and why: a repeat, an origin that is not allowed, or a likely repeat of a changed secret. */
export interface FuseProof {
  kind: 'repeat' | 'foreign' | 'heuristic';
  method: string;
  origin: string;
  /** Without the query. */
  path: string;
  /** ISO 8601. */
  at: string;
}

/** The fuse at the network layer of a context. */
export interface Fuse {
  /** The next action types these secrets: a password, a code, never the identifier. */
  begin(secrets: readonly string[]): void;
  /** The engine sends what it typed, now. */
  submitted(): void;
  /** How often a secret has left. */
  readonly sends: number;
  /** Whether a secret was recognised in a request, and left with it. */
  carried(request: Request): boolean;
  /** The first request that was stopped. */
  readonly proof: FuseProof | null;
  /** A form is on its way: until it is answered its page cannot be looked at. */
  readonly busy: boolean;
  /** Resolves when no form is on its way. */
  idle(): Promise<void>;
  /** A submission was sent and its answer was lost: nobody can tell what the site made of it. */
  readonly lost: boolean;
}

/** Everything the engine needs from outside. Each call may reject with the run's abort reason. */
export interface LoginPorts {
  needCredential(): Promise<LoginSecret>;
  maySubmit(stage: Stage, origin: string): Promise<StagePermission>;
  /** Main answers with a code of the account's seed that is fresh enough to arrive in time, or with one that arrived. */
  needCode(question: CodeQuestion): Promise<CodeAnswer>;
  /** While `wait` goes on the run waits for somebody outside: this is seen, and its place among the busy ones is free. */
  awaitOutside<T>(what: OutsideWait, wait: () => Promise<T>): Promise<T>;
  /** Asks the planner when the engine is unsure. Null: there is none, and the engine's own word stands. */
  plan: ((request: PlanRequest) => Promise<PlanAnswer>) | null;
  /**
   * Puts the account's passkey into a context, once the stage `code` was begun: pages may ask for it by themselves from
   * then on. `onUsed` is called the moment it has signed. Null: main does not hand it out.
   */
  needPasskey(context: BrowserContext, onUsed: () => void): Promise<Passkey | null>;
  event(event: LoginEvent): void;
  /** Stores a screenshot under a name such as `after-submit.png`. */
  artifact(name: string, bytes: Uint8Array): void;
  /** A fresh context with one page, guarded like the first; the engine closes it. */
  openContext(request: ContextRequest): Promise<{ context: BrowserContext; page: Page }>;
  /** Closes the context of a login that is over, before the run is. */
  closeContext(context: BrowserContext): Promise<void>;
  /** Arms the fuse of a context, which stays armed until the context closes. */
  armFuse(context: BrowserContext, policy: FusePolicy): Promise<Fuse>;
  /** The options the run's contexts are made with, as they go into a profile. */
  contextOptions(): Record<string, unknown>;
  /** Reads the whole session of a context (storage state with IndexedDB, sessionStorage by origin). */
  captureSession(context: BrowserContext): Promise<SessionState>;
  /** The first page, or request with the credential, that went where it may not, if any. */
  deniedNavigation(): { url: string; address: string | null; reason: string } | null;
  /** Why the last page that did not open was not reached, as far as the way there knows: the browser cannot tell. */
  unreached(): 'dns' | 'refused' | 'slow' | null;
}
