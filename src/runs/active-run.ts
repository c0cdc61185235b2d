import { allowedOrigins, extraFieldLabels, hasPassword, passkeyDomain } from '../credentials/credential.ts';
import { maySendSecret } from '../egress/check-url.ts';
import type { PlanAnswerMessage, PlanRequestMessage } from '../execution/plan-message.ts';
import type { JobHandlers, LoginJob, PasskeyAnswer } from '../execution/protocol.ts';
import type { SessionState, Stage } from '../login/outcome.ts';
import type { CodeAnswer, CodeQuestion, LoginEvent } from '../login/ports.ts';
import type { RunPlanner } from '../planner/planner.ts';
import { type NamedValue, withoutSecrets } from '../planner/without-secrets.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Credential, Run } from '../storage/rows.ts';
import { untilDatabaseAnswers } from '../storage/until-database-answers.ts';
import { ACTION_LIMIT, loginBlock, type WorkflowDefinition } from '../workflows/workflow.ts';
import { noteAttempt } from './attempt-ledger.ts';
import { detailsOf, standingAt } from './known-attempts.ts';
import { leaseSubject, takeLease } from './leases.ts';
import { type Awaiting, expectsLogin } from './run.ts';
import { codeWays, RunCodes } from './run-codes.ts';
import { RunEgress } from './run-egress.ts';
import { RunMailbox } from './run-mailbox.ts';
import { RunPasskey } from './run-passkey.ts';
import { RunRecord } from './run-record.ts';
import { RunSecrets } from './run-secrets.ts';
import type { RunServices } from './run-services.ts';
import { startStage } from './run-store.ts';

/** How often a run that waits for another's lease looks again, besides being told. */
const LEASE_LOOK_MS = 250;

/** One claimed run while the executor has it: main's side of the job. */
export class ActiveRun {
  readonly abort = new AbortController();
  /** The run is known to be this process's: set once the claim is committed. */
  claimed = false;
  /** Resolves when every context of the run is closed. */
  readonly contextClosed: Promise<void>;
  readonly handlers: JobHandlers;
  readonly egress: RunEgress;
  readonly secrets: RunSecrets;
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #credential: Credential;
  readonly #onWaiting: () => void;
  readonly #planner: RunPlanner | null;
  readonly #codes: RunCodes;
  readonly #passkey: RunPasskey;
  readonly #mailbox: RunMailbox;
  readonly #record: RunRecord;
  readonly #left = new AbortController();
  /** What is looked for, asked or taken for the worker ends when the run is told to, or when the worker is done with it. */
  readonly #signal = AbortSignal.any([this.abort.signal, this.#left.signal]);
  #totpUrl: string | null = null;
  #begun = false;
  /** Stages the worker has asked for: of a second question nothing was committed before. */
  readonly #asked = new Set<Stage>();
  #codeBegun = false;
  #waiting = false;

  /** `onWaiting` is told when the run begins to wait, so that another can have its place. */
  constructor(services: RunServices, db: OrganizationDb, run: Run, credential: Credential, onWaiting: () => void) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#credential = credential;
    this.#onWaiting = onWaiting;
    this.egress = new RunEgress(services.scrubber);
    this.#planner = services.planner?.forRun(run.id) ?? null;
    this.#codes = new RunCodes(services, db, run, credential);
    this.#passkey = new RunPasskey(services, db, run);
    this.#record = new RunRecord(services, db, run, credential.username, this.abort.signal);
    this.secrets = new RunSecrets(services, db, run, credential);
    this.#mailbox = new RunMailbox(services, db, credential, this.secrets);
    const closed = Promise.withResolvers<void>();
    this.contextClosed = closed.promise;
    this.handlers = {
      needCredential: () => untilDatabaseAnswers(() => this.#needCredential(), this.#signal),
      maySubmit: (stage, origin) => this.#maySubmitOnce(stage, origin),
      needCode: (question) => untilDatabaseAnswers(() => this.#needCode(question), this.#signal),
      plan: (request) => this.#plan(request),
      needPasskey: () => this.#needPasskey(),
      passkeySettled: (signCount) => {
        this.#passkey.settled(signCount);
        this.#record.inTurn(() => this.#passkey.noteUnused());
      },
      egressTrouble: (trouble) => this.egress.take(trouble),
      event: (event) => this.#take(event),
      artifact: (name, bytes) => this.#record.artifact(name, bytes),
      recording: (kind, bytes) => this.#record.recording(kind, bytes),
      contextClosed: closed.resolve,
    };
  }

  /** A stage was begun: the run is never silently run again. */
  get begun(): boolean {
    return this.#begun;
  }

  /** It only waits for a code and holds no busy slot. */
  get waiting(): boolean {
    return this.#waiting;
  }

  get db(): OrganizationDb {
    return this.#db;
  }

  /** The job as it goes down to a worker: no secret in it but the session it starts from. */
  job(workflow: WorkflowDefinition, session: SessionState | null): LoginJob {
    const block = loginBlock(workflow);
    const { config } = this.#services;
    this.#totpUrl = block.totp_url;
    return {
      run_id: this.#run.id,
      task: {
        url: this.#run.url,
        goal: session ? 'check_first' : 'fresh',
        // A session that works at another site proves nothing about this one.
        check_url: sameOrigin(session?.landing_url ?? null, this.#run.url),
        url_is_secret: this.#run.url_is_secret,
        has_username: (this.#credential.username ?? '') !== '',
        has_password: hasPassword(this.#credential),
        totp_type: this.#credential.totp_type as LoginJob['task']['totp_type'],
        code_ways: codeWays(this.#credential, block.totp_url),
        passkey_rp_id: passkeyDomain(this.#credential),
        extra_fields: extraFieldLabels(this.#credential),
        allowed_origins: allowedOrigins(this.#credential),
        save_session: this.#run.save_browser_profile && expectsLogin(this.#run.expect as string[]),
        limits: {
          steps: block.max_steps_per_run,
          actions: ACTION_LIMIT,
          run_ms: config.runTimeoutSeconds * 1000,
          code_ms: config.codeTimeoutSeconds * 1000,
        },
      },
      session,
      record: config.record,
      planner: this.#planner !== null,
    };
  }

  /** What takes its time and can be made ready while the login goes on. */
  begin(): void {
    this.#mailbox.open(this.#signal);
  }

  /**
   * The executor is done with the run, however it ended: no code is looked for any more, none is taken from the run that
   * may follow, and no lease.
   */
  leave(): void {
    this.#left.abort(new Error('the run is over'));
  }

  /** Everything the worker told so far is written. */
  written(): Promise<void> {
    return this.#record.written();
  }

  /** After the executor is done with the run, and every secret of it is known. */
  keepRecordings(): void {
    this.#record.keepRecordings(this.secrets.values);
  }

  /** After the executor is done with the run: lets go of its mailbox, and keeps what the next one of its passkey has to know. */
  async writeBack(): Promise<void> {
    this.#mailbox.close();
    await this.#passkey.writeBack().catch((error: unknown) => {
      this.#services.log.error({ err: error, run_id: this.#run.id }, 'the counter of the passkey was not written back');
    });
  }

  async #needCredential() {
    const { username, password, extra_fields } = await this.secrets.secret();
    return { username, password, extra_fields, start_url: await this.secrets.startUrl() };
  }

  /** The vault is asked before anything is typed too: what the page shows of the secret is not sent. */
  async #plan(request: PlanRequestMessage): Promise<PlanAnswerMessage> {
    if (!this.#planner) return { declined: 'budget' };
    const { username, password, extra_fields } = await this.#needCredential();
    const values: NamedValue[] = [
      { name: '{{username}}', value: username },
      { name: '{{password}}', value: password },
      ...Object.values(extra_fields).map((value): NamedValue => ({ name: '{{extra}}', value })),
    ];
    const clean = withoutSecrets(request, values, (text) => this.#services.scrubber.scrubWords(text));
    return this.#planner.ask(clean, this.#signal);
  }

  /** Asked again while the database is away: the run goes on where it was when that is back. */
  async #maySubmitOnce(stage: Stage, origin: string) {
    const call = { at: new Date(), first: !this.#asked.has(stage) };
    this.#asked.add(stage);
    return untilDatabaseAnswers(() => this.#maySubmit(stage, origin, call), this.#signal);
  }

  async #maySubmit(stage: Stage, origin: string, call: { at: Date; first: boolean }) {
    const pinned = allowedOrigins(this.#credential);
    const { config, lookupFor } = this.#services;
    const lookup = lookupFor(this.#db.organizationId);
    // Where nothing is pinned a secret is typed over https, or in networks the operator allowed.
    const allowed =
      pinned.length > 0 ? pinned.includes(origin) : await maySendSecret(origin, config.allowNetworks, { lookup });
    if (!allowed) return { granted: false, reason: 'origin_denied' } as const;
    const { dataKeys } = this.#services;
    const key = await dataKeys.hmac(this.#db, 'lease', leaseSubject(this.#credential.username, origin));
    if (!(await this.#holdLease(key))) return { granted: false, reason: 'over' } as const;
    if (stage !== 'code') await this.#mailbox.beforeSubmission();
    if (this.#signal.aborted) return { granted: false, reason: 'over' } as const;
    const known = stage === 'password' ? await this.#knownOf(origin) : null;
    if (known) return known;
    // The stage of a passkey that never signed is still whole, for a code.
    const whole = stage === 'code' && this.#passkey.takeBack();
    if (!whole && !(await this.#startStage(stage, origin, call)))
      return { granted: false, reason: 'already_started' } as const;
    this.#begun = true;
    this.#codeBegun ||= stage === 'code';
    return { granted: true } as const;
  }

  /** The ledger may have learned of the account since the run was asked for, or may know it at this origin. */
  async #knownOf(origin: string) {
    const password = async () => (await this.secrets.secret()).password;
    const standing = await standingAt(this.#services, this.#db, this.#credential, origin, password);
    if (standing.kind === 'open' || (standing.kind === 'known_rejected' && this.#run.force)) return null;
    return { granted: false, reason: standing.kind, details: detailsOf(standing) } as const;
  }

  /**
   * The stage and, with the password, the attempt: committed before anything is typed, and only once the secret is in
   * hand, so that a vault that is away leaves the login untouched.
   */
  async #startStage(stage: Stage, origin: string, call: { at: Date; first: boolean }): Promise<boolean> {
    const secret = await this.secrets.secret();
    return this.#db.transaction(async (tx) => {
      const started = await startStage(tx, this.#run, stage, call.at);
      if (started === true && stage === 'password') {
        const { password } = secret;
        const { username } = this.#credential;
        await noteAttempt(this.#services.dataKeys, tx, this.#run, { username, password, origin });
      }
      return started === 'repeated' ? call.first : started;
    });
  }

  /** The lease of an account at the frame's origin, or of a passkey; while another run holds it, waits before anything is used. */
  async #holdLease(key: string): Promise<boolean> {
    while (!this.#signal.aborted) {
      if (await takeLease(this.#db, key, this.#run.id)) return true;
      await this.#services.leases.next(LEASE_LOOK_MS, this.#signal);
    }
    return false;
  }

  /** What can be said of a refused code besides the site's words. */
  explainRefusedCode(details: Record<string, unknown> | null): Record<string, unknown> | null {
    if (this.#passkey.used) return { cause: 'passkey' };
    const offset = details?.clock_offset_ms;
    return this.#codes.explainRefusal(typeof offset === 'number' ? offset : null);
  }

  async #needPasskey(): Promise<PasskeyAnswer> {
    const { passkey } = await this.secrets.secret();
    if (!passkey || !this.#codeBegun || !(await this.#holdLease(await this.#passkey.leaseKey(passkey)))) return null;
    return this.#passkey.handOut(passkey);
  }

  async #needCode(question: CodeQuestion): Promise<CodeAnswer> {
    const secret = await this.secrets.secret();
    const { totp, recovery_codes: recoveryCodes = [], mailbox = null } = secret;
    try {
      const { snapshot, early } = this.#mailbox;
      const allowed = this.#credential.use_recovery_codes ? recoveryCodes : [];
      const source = { seed: totp, totpUrl: this.#totpUrl, recoveryCodes: allowed, mailbox, snapshot, early };
      const answer = await this.#codes.next(question, source, {
        signal: this.#signal,
        onWait: (awaiting) => this.#await(awaiting),
        onTrouble: (text) => this.#record.trouble(text),
        onSecrets: (secrets) => this.secrets.hide(secrets),
      });
      const siteTime = Date.now() + (question.clock_offset_ms ?? 0);
      if ('code' in answer) await this.secrets.handOut(question.kind, answer.code, siteTime);
      return answer;
    } finally {
      if (this.#waiting) await this.#awaitNoMore(question.kind);
    }
  }

  /** The code is a while away: this is seen from outside, and the run's place among the busy ones is free. */
  async #await(expected: Omit<Awaiting, 'since'>): Promise<void> {
    const awaiting: Awaiting = { ...expected, since: new Date().toISOString() };
    this.#waiting = true;
    await this.#record.awaiting(awaiting, { state: 'started', ...awaiting });
    this.#onWaiting();
  }

  async #awaitNoMore(kind: Awaiting['kind']): Promise<void> {
    this.#waiting = false;
    await this.#record.awaiting(null, { state: 'ended', kind });
  }

  #take(event: LoginEvent): void {
    if (event.event !== 'awaiting') this.#record.event(event);
    else if (event.data.state === 'ended') void this.#awaitNoMore('approval');
    else void this.#awaitApproval(event.data);
  }

  /** The engine waits for an approval; it tells the number to match on the other device, where the site shows one. */
  async #awaitApproval({ number }: Record<string, unknown>): Promise<void> {
    const deadline = new Date(Date.now() + this.#services.config.codeTimeoutSeconds * 1000);
    await this.#await({
      kind: 'approval',
      channel: 'device',
      identifier: null,
      number: typeof number === 'string' ? number : null,
      deadline: deadline.toISOString(),
    });
  }
}

function sameOrigin(address: string | null, url: string): string | null {
  return address !== null && URL.parse(address)?.origin === URL.parse(url)?.origin ? address : null;
}
