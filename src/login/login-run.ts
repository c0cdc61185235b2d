import type { Page } from 'playwright';
import { withoutSecret } from '../common-words.ts';
import type { Consequences } from './consequences.ts';
import type { Heard } from './heard.ts';
import { lookAlike } from './origins.ts';
import type { Evidence, OutcomeCode, Stage, TerminateRuleId } from './outcome.ts';
import type { Fuse, LoginPorts, LoginSecret, LoginTask, Passkey } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Factor } from './second-factors.ts';
import { shortened } from './shortened.ts';

/** Longer words of a site are cut off. */
const MAX_QUOTE = 500;

/** What the page said before the last submission, to tell what is new after it. */
export interface Before {
  lines: ReadonlySet<string>;
  messages: ReadonlySet<string>;
}

/** What is known of the account's passkey in this run. */
export interface PasskeyUse {
  /** In the browser, used up or not. */
  held: Passkey | null;
  /** Origins it was not made ready at. */
  readonly unfit: Set<string>;
  /** A control for it was clicked, and the page has not asked yet. */
  clicked: boolean;
  /** It signed for a page that was not looked at before. */
  unseen: boolean;
  /** It signed since the page was last looked at: what was about to be typed or sent there is not any more. */
  tookOver: boolean;
  /** It signed before any password was sent: whatever follows does not prove the password. */
  first: boolean;
}

/** What is known of a choice between second factors. */
export interface FactorChoice {
  /** The one that was chosen: one in a run. */
  chosen: Factor | null;
  /** The site was made to send a code: once. */
  sent: boolean;
  /** The ways that were hidden were asked for. */
  sought: boolean;
}

/** One login on its way: what strategies and the judge share. */
export interface LoginRun {
  page: Page;
  readonly task: LoginTask;
  readonly ports: LoginPorts;
  readonly progress: Progress;
  /** Origins a secret may be typed at. */
  readonly origins: Set<string>;
  readonly evidence: Evidence[];
  readonly submissions: { identifier: number; password: number; code: number };
  /** Values that must not be quoted. */
  readonly secrets: Set<string>;
  secret: LoginSecret | null;
  /** Stages whose permission was asked for: each once. */
  readonly begun: Set<Stage>;
  readonly passkey: PasskeyUse;
  readonly factor: FactorChoice;
  /** Armed just before the first secret is typed. */
  fuse: Fuse | null;
  /** What becomes of the page at large, from its opening on. */
  changes: Consequences | null;
  /** Where the page sent something before anything was submitted: what it counts, looks up or reports of each key. */
  readonly known: Set<string>;
  /** How often secrets had left before the last form was filled in. */
  sendsBefore: number;
  /** The last submission and what it sets in motion. */
  watch: Consequences | null;
  submittedAt: number | null;
  /** The page sent something by itself that may have been the code; nobody can tell. */
  doubtful: boolean;
  /** Unix milliseconds: since when what the site now asks for may have been sent. */
  challengedSince: number;
  /** How far the site's clock is ahead of ours, in milliseconds, by its last answer that told. */
  clockOffset: number | null;
  /** The stages that went with it. */
  lastStages: readonly Stage[];
  /** When the answer to it was first seen. */
  answeredAt: number | null;
  /** The field the identifier went into, to know it again. */
  identifierPlace: string | null;
  /** The first field a planner said what to type into, to know it again: nothing else tells that its form is a login. */
  plannedPlace: string | null;
  /** Questions between login and session that were answered: each once. */
  readonly answered: Set<string>;
  /** Controls that were clicked to get to a form: each once. */
  readonly tried: Set<string>;
  /** The login went on in a window that its page opened. */
  inWindow: boolean;
  /** What the page said since the last submission, gone again or not. */
  heard: Heard;
  /** An approval on another device was waited for: once. */
  approvalAwaited: boolean;
  /** Comparisons with a clean context so far. */
  comparisons: number;
  /** Since when the page has looked the same. */
  quietSince: number;
  before: Before;
  /** The planner failed, or its answer could not be followed: it is not asked again. */
  plannerOver: boolean;
  /** No origin is trusted any more besides those that are. */
  originsFixed: boolean;
  /** A clean context made while the site thinks, for the comparison. */
  control: Promise<{ page: Page }> | null;
}

/** How a login ended, short of what the run itself knows. */
export interface Ending {
  code: OutcomeCode;
  details?: Record<string, unknown> | null;
  message?: string | null;
  rule?: TerminateRuleId | null;
  landingUrl?: string | null;
  passwordProven?: boolean;
}

/** Takes a strategy out of the loop with an outcome. */
export class Ended extends Error {
  override readonly name = 'Ended';
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.code);
    this.ending = ending;
  }
}

export function note(run: LoginRun, signal: string, weight: number, text: string): void {
  run.evidence.push({ signal, weight, text: quote(run, text) });
}

/** The site's words without the secrets that were typed. */
export function quote(run: LoginRun, text: string): string {
  let clean = text;
  for (const secret of [...run.secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= 4) clean = withoutSecret(clean, secret, '[redacted]');
  }
  return shortened(clean, MAX_QUOTE);
}

/** The secret, asked for when the first field is about to be filled. */
export async function secretOf(run: LoginRun): Promise<LoginSecret> {
  run.secret ??= await run.progress.part('credential', () => run.ports.needCredential());
  run.secrets.add(run.secret.password);
  for (const value of Object.values(run.secret.extra_fields)) run.secrets.add(value);
  return run.secret;
}

/**
 * Asks for the one permission of a stage before anything of it is typed. Ends the run when it is refused: the origin is
 * not allowed, or the stage was begun before and is never begun again.
 */
export async function begin(run: LoginRun, stage: Stage, origin: string): Promise<void> {
  if (!run.origins.has(origin)) deny(run, origin, `The ${stage} was asked for at ${origin}`);
  if (stage === 'code') await giveUpPasskey(run);
  if (run.begun.has(stage)) throw new Ended(againAsked(run));
  run.begun.add(stage);
  const permission = await run.progress.part('permission', () => run.ports.maySubmit(stage, origin));
  if (permission.granted) {
    run.progress.stage = stage;
    run.ports.event({ event: 'stage', data: { stage, state: 'started', origin } });
    return;
  }
  if (permission.reason === 'origin_denied') throw new Ended({ code: 'egress_denied', details: { origin } });
  if (permission.reason === 'known_rejected' || permission.reason === 'cooldown') {
    throw new Ended({ code: permission.reason, details: permission.details, rule: 'error_after_attempt' });
  }
  throw new Ended({ code: 'interrupted', details: { reason: permission.reason } });
}

/** A code is about to be sent instead of a passkey that was not asked for: from here on that cannot sign. */
async function giveUpPasskey(run: LoginRun): Promise<void> {
  const { held } = run.passkey;
  if (!held || held.used) return;
  await held.withdraw();
  if (held.used) return;
  run.passkey.held = null;
  run.begun.delete('code');
}

/** Whether a login proves the password: it was sent, and the site had nothing else to go by. */
export function provesPassword(run: LoginRun): boolean {
  return run.submissions.password > 0 && !run.passkey.first;
}

/** Ends the run because of an origin that is not allowed, and says so if it looks like one that is. */
export function deny(run: LoginRun, origin: string, what: string): never {
  note(run, 'origin_denied', -3, `${what}, which this credential does not allow.`);
  const likeness = lookAlike(origin, run.origins);
  if (likeness !== null) note(run, 'look_alike', -3, likeness);
  throw new Ended({ code: 'egress_denied', details: { origin } });
}

/** The same stage is asked for again: it was submitted once and did not succeed. */
function againAsked(run: LoginRun): Ending {
  note(run, 'asked_again', -2, 'The page asks again for what was submitted once; it is not submitted a second time.');
  return { code: 'rejected', rule: 'submitted_without_success' };
}
