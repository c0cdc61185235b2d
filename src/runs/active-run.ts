import { allowedOrigins, extraFieldLabels, hasPassword, passkeyDomain } from '../credentials/credential.ts';
import { readSecret } from '../credentials/credential-store.ts';
import { maySendSecret } from '../egress/check-url.ts';
import type { PlanAnswerMessage, PlanRequestMessage } from '../execution/plan-message.ts';
import type { JobHandlers, LoginJob, PasskeyAnswer } from '../execution/protocol.ts';
import { secretsOfLink } from '../login/link-secrets.ts';
import type { SessionState, Stage } from '../login/outcome.ts';
import { PAGE_COPY } from '../login/page-copy.ts';
import type { CodeAnswer, CodeQuestion, LoginEvent } from '../login/ports.ts';
import type { RunPlanner } from '../planner/planner.ts';
import { type NamedValue, withoutSecrets } from '../planner/without-secrets.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Credential, Run } from '../storage/rows.ts';
import { ACTION_LIMIT, loginBlock, type WorkflowDefinition } from '../workflows/workflow.ts';
import { noteAttempt } from './attempt-ledger.ts';
import { detailsOf, standingAt } from './known-attempts.ts';
import { leaseSubject, takeLease } from './leases.ts';
import { PAGE_FILE, pageFile } from './page-file.ts';
import { type Awaiting, expectsLogin } from './run.ts';
import { codeWays, RunCodes } from './run-codes.ts';
import { RunMailbox } from './run-mailbox.ts';
import { RunPasskey } from './run-passkey.ts';
import type { RunServices } from './run-services.ts';
import { appendEvent, setAwaiting, startStage } from './run-store.ts';
import { openStartUrl } from './start-url.ts';

/** How often a run that waits for another's lease looks again, besides being told. */
const LEASE_LOOK_MS = 250;

/** One claimed run while the executor has it: main's side of the job. */
export class ActiveRun {
  readonly abort = new AbortController();
  /** Resolves when every context of the run is closed. */
  readonly contextClosed: Promise<void>;
  readonly handlers: JobHandlers;
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #credential: Credential;
  readonly #onWaiting: () => void;
  readonly #planner: RunPlanner | null;
  readonly #codes: RunCodes;
  readonly #passkey: RunPasskey;
  readonly #mailbox: RunMailbox;
  #totpUrl: string | null = null;
  #begun = false;
  #codeBegun = false;
  #waiting = false;
  /** Events and artifacts are written in the order they came. */
  #writes: Promise<void> = Promise.resolve();

  /** `onWaiting` is told when the run begins to wait, so that another can have its place. */
  constructor(services: RunServices, db: OrganizationDb, run: Run, credential: Credential, onWaiting: () => void) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#credential = credential;
    this.#onWaiting = onWaiting;
    this.#planner = services.planner?.forRun(run.id) ?? null;
    this.#codes = new RunCodes(services, db, run, credential);
    this.#passkey = new RunPasskey(services, db, run);
    this.#mailbox = new RunMailbox(services, db, run, credential);
    const closed = Promise.withResolvers<void>();
    this.contextClosed = closed.promise;
    this.handlers = {
      needCredential: () => this.#needCredential(),
      maySubmit: (stage, origin) => this.#maySubmit(stage, origin),
      needCode: (question) => this.#needCode(question),
      plan: (request) => this.#plan(request),
      needPasskey: () => this.#needPasskey(),
      passkeySettled: (signCount) => {
        this.#passkey.settled(signCount);
        this.#enqueue(() => this.#passkey.noteUnused());
      },
      event: (event) => this.#take(event),
      artifact: (name, bytes) => this.#enqueue(() => this.#storeArtifact(name, bytes)),
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
      allow_networks: [...config.allowNetworks],
      planner: this.#planner !== null,
    };
  }

  /** What takes its time and can be made ready while the login goes on. */
  begin(): void {
    this.#mailbox.open(this.abort.signal);
  }

  /** Everything the worker told so far is written. */
  async written(): Promise<void> {
    await this.#writes;
  }

  /** After the executor is done with the run: lets go of its mailbox, and keeps what the next one of its passkey has to know. */
  async writeBack(): Promise<void> {
    this.#mailbox.close();
    await this.#passkey.writeBack().catch((error: unknown) => {
      this.#services.log.error({ err: error, run_id: this.#run.id }, 'the counter of the passkey was not written back');
    });
  }

  #enqueue(write: () => Promise<void>): void {
    this.#writes = this.#writes.then(write).catch((error: unknown) => {
      this.#services.log.error({ err: error, run_id: this.#run.id }, 'an event or artifact of the run was not written');
    });
  }

  async #needCredential() {
    const secret = await readSecret(this.#services, this.#db, this.#credential);
    const { username, password, totp, recovery_codes = [], extra_fields } = secret;
    this.#services.scrubber.add(this.#run.id, [password, totp, ...recovery_codes, ...Object.values(extra_fields)]);
    const startUrl = await openStartUrl(this.#services.dataKeys, this.#db, this.#run);
    if (startUrl !== null) this.#services.scrubber.add(this.#run.id, secretsOfLink(startUrl));
    return { username, password, extra_fields, start_url: startUrl };
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
    const clean = withoutSecrets(request, values, (text) => this.#services.scrubber.scrub(text));
    return this.#planner.ask(clean, this.abort.signal);
  }

  async #maySubmit(stage: Stage, origin: string) {
    const pinned = allowedOrigins(this.#credential);
    // Where nothing is pinned a secret is typed over https, or in networks the operator allowed.
    const allowed =
      pinned.length > 0 ? pinned.includes(origin) : await maySendSecret(origin, this.#services.config.allowNetworks);
    if (!allowed) return { granted: false, reason: 'origin_denied' } as const;
    const { dataKeys } = this.#services;
    const key = await dataKeys.hmac(this.#db, 'lease', leaseSubject(this.#credential.username, origin));
    if (!(await this.#holdLease(key))) return { granted: false, reason: 'over' } as const;
    if (this.abort.signal.aborted) return { granted: false, reason: 'over' } as const;
    const known = stage === 'password' ? await this.#knownOf(origin) : null;
    if (known) return known;
    if (stage !== 'code') this.#mailbox.beforeSubmission();
    // The stage of a passkey that never signed is still whole, for a code.
    const whole = stage === 'code' && this.#passkey.takeBack();
    if (!whole && !(await this.#startStage(stage, origin)))
      return { granted: false, reason: 'already_started' } as const;
    this.#begun = true;
    this.#codeBegun ||= stage === 'code';
    return { granted: true } as const;
  }

  /** The ledger may have learned of the account since the run was asked for, or may know it at this origin. */
  async #knownOf(origin: string) {
    const standing = await standingAt(this.#services, this.#db, this.#credential, origin);
    if (standing.kind === 'open' || (standing.kind === 'known_rejected' && this.#run.force)) return null;
    return { granted: false, reason: standing.kind, details: detailsOf(standing) } as const;
  }

  /** The stage and, with the password, the attempt: committed before anything is typed. */
  async #startStage(stage: Stage, origin: string): Promise<boolean> {
    // Read before the transaction, and only where it is noted: the vault may be far away.
    const secret = stage === 'password' ? await readSecret(this.#services, this.#db, this.#credential) : null;
    return this.#db.transaction(async (tx) => {
      if (!(await startStage(tx, this.#run, stage))) return false;
      if (secret) {
        const { password } = secret;
        const { username } = this.#credential;
        await noteAttempt(this.#services.dataKeys, tx, this.#run, { username, password, origin });
      }
      return true;
    });
  }

  /** The lease of an account at the frame's origin, or of a passkey; while another run holds it, waits before anything is used. */
  async #holdLease(key: string): Promise<boolean> {
    while (!this.abort.signal.aborted) {
      if (await takeLease(this.#db, key, this.#run.id)) return true;
      await this.#services.leases.next(LEASE_LOOK_MS, this.abort.signal);
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
    const { passkey } = await readSecret(this.#services, this.#db, this.#credential);
    if (!passkey || !this.#codeBegun || !(await this.#holdLease(await this.#passkey.leaseKey(passkey)))) return null;
    return this.#passkey.handOut(passkey);
  }

  async #needCode(question: CodeQuestion): Promise<CodeAnswer> {
    const secret = await readSecret(this.#services, this.#db, this.#credential);
    const { totp, recovery_codes: recoveryCodes = [], mailbox = null } = secret;
    if (mailbox) this.#mailbox.hide(mailbox);
    try {
      const { snapshot, early } = this.#mailbox;
      const allowed = this.#credential.use_recovery_codes ? recoveryCodes : [];
      const source = { seed: totp, totpUrl: this.#totpUrl, recoveryCodes: allowed, mailbox, snapshot, early };
      const answer = await this.#codes.next(question, source, {
        signal: this.abort.signal,
        onWait: (awaiting) => this.#await(awaiting),
        onTrouble: (text) => this.#tellTrouble(text),
        onSecrets: (secrets) => this.#services.scrubber.add(this.#run.id, secrets),
      });
      if ('code' in answer) {
        const secrets = question.kind === 'code' ? [answer.code] : secretsOfLink(answer.code);
        this.#services.scrubber.add(this.#run.id, secrets);
      }
      return answer;
    } finally {
      if (this.#waiting) await this.#awaitNoMore(question.kind);
    }
  }

  /** The code is a while away: this is seen from outside, and the run's place among the busy ones is free. */
  async #await(expected: Omit<Awaiting, 'since'>): Promise<void> {
    const awaiting: Awaiting = { ...expected, since: new Date().toISOString() };
    this.#waiting = true;
    await this.#tellAwaiting(awaiting, { state: 'started', ...awaiting });
    this.#onWaiting();
  }

  /** Seen while the run waits: somebody may mend it, or bring the code another way. */
  #tellTrouble(text: string): void {
    this.#enqueue(async () => {
      const data = this.#services.scrubber.scrubDeep({ state: 'trouble', kind: 'code', text });
      await this.#db.transaction((tx) => appendEvent(tx, this.#run.id, 'awaiting', data));
      this.#services.storage.bus.publish({ type: 'run', run_id: this.#run.id });
    });
  }

  async #awaitNoMore(kind: Awaiting['kind']): Promise<void> {
    this.#waiting = false;
    await this.#tellAwaiting(null, { state: 'ended', kind });
  }

  #take(event: LoginEvent): void {
    if (event.event !== 'awaiting') this.#enqueue(() => this.#recordEvent(event));
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

  async #tellAwaiting(awaiting: Awaiting | null, data: Record<string, unknown>): Promise<void> {
    this.#enqueue(async () => {
      await this.#db.transaction(async (tx) => {
        await setAwaiting(tx, this.#run, awaiting);
        await appendEvent(tx, this.#run.id, 'awaiting', data);
      });
      this.#services.storage.bus.publish({ type: 'run', run_id: this.#run.id });
    });
    await this.#writes;
  }

  /** A copy of a page becomes a page here, where every secret of the run is known. */
  async #storeArtifact(name: string, bytes: Uint8Array): Promise<void> {
    const { artifacts, scrubber } = this.#services;
    if (name !== PAGE_COPY) return artifacts.store(this.#db, this.#run.id, name, bytes);
    const { username } = this.#credential;
    const html = pageFile(bytes, { scrub: (text) => scrubber.scrub(text), username });
    if (html !== null) await artifacts.store(this.#db, this.#run.id, PAGE_FILE, Buffer.from(html));
  }

  async #recordEvent({ event, data }: LoginEvent): Promise<void> {
    const stage = event === 'stage' && data.state === 'submitted' ? data.stage : null;
    await this.#db.transaction(async (tx) => {
      await appendEvent(tx, this.#run.id, event, this.#services.scrubber.scrubDeep(data));
      const where = { id: this.#run.id, status: 'running' };
      if (stage === 'identifier') await tx.run.updateMany({ where, data: { identifier_submitted: 1 } });
      if (stage === 'password') await tx.run.updateMany({ where, data: { password_submitted: 1 } });
      if (stage === 'code') await tx.run.updateMany({ where, data: { code_submitted: 1 } });
    });
    this.#services.storage.bus.publish({ type: 'run', run_id: this.#run.id });
  }
}

function sameOrigin(address: string | null, url: string): string | null {
  return address !== null && URL.parse(address)?.origin === URL.parse(url)?.origin ? address : null;
}
