import { JOBS_PER_THREAD } from '../execution/protocol.ts';
import { onBehalfOf } from '../log-context.ts';
import type { SystemDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { untilDatabaseAnswers } from '../storage/until-database-answers.ts';
import { ActiveRun } from './active-run.ts';
import { type Claimed, FairQueue, originOf } from './fair-queue.ts';
import { Heartbeat } from './heartbeat.ts';
import { takeInstance } from './instance.ts';
import { isLeased, leaseSubject, releaseLeases, takeLease } from './leases.ts';
import { isFinal } from './run.ts';
import type { RunServices } from './run-services.ts';
import { claimRun } from './run-store.ts';
import { type RunContext, settleRun } from './settle-run.ts';
import { takeSiteStart } from './site-starts.ts';
import { startRun } from './start-run.ts';

/** Milliseconds in which nothing is claimed after a run whose browser did not start: others may have it. */
const PAUSE_MS = 10_000;

/** Claims queued runs, hands them to the executor and writes how they end. */
export class Dispatcher {
  readonly #services: RunServices;
  readonly #active = new Map<string, ActiveRun>();
  readonly #settled = new Set<Promise<void>>();
  /** The grace time is over: nothing is waited for any more. */
  readonly #over = new AbortController();
  /** Nothing is claimed before this moment of the steady clock. */
  #pausedUntil = 0;
  #pumping: Promise<void> | null = null;
  #again = false;
  /** Claims nothing, not yet or not any more. */
  #stopping = true;
  /** What it claims under, from its start on. */
  #instance = '';
  #heartbeat: Heartbeat | null = null;
  #unsubscribe: () => void = () => {};
  #siteTimer: NodeJS.Timeout | undefined;
  readonly #system: SystemDb;
  readonly #queue: FairQueue;

  constructor(services: RunServices) {
    this.#services = services;
    this.#system = services.storage.database.asSystem('dispatch');
    this.#queue = new FairQueue(this.#system);
  }

  /**
   * Ends what a dead process left, then takes up work, where it `claims` any. Where it does not it still looks for the
   * dead: the last worker may be among them.
   */
  async start({ claims }: { claims: boolean }): Promise<void> {
    const { storage, config } = this.#services;
    const instance = await takeInstance(config.dataDir);
    this.#instance = instance.id;
    this.#heartbeat = new Heartbeat(this.#services, instance, this.#active);
    await this.#heartbeat.start();
    this.#unsubscribe = storage.bus.subscribe((message) => {
      if (message.type === 'cancel') this.#active.get(message.run_id)?.abort.abort('canceled');
      // A notice may have been lost meanwhile.
      if (message.type === 'resumed') this.#heartbeat?.wake();
    });
    if (!claims) return;
    this.#stopping = false;
    await storage.queue.listen(() => this.wake());
    this.wake();
  }

  /** Looks for work soon; calls while looking count once. */
  wake(): void {
    if (this.#stopping) return;
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = this.#pump()
      .catch((error: unknown) => this.#services.log.error({ err: error }, 'looking for queued runs failed'))
      .finally(() => {
        this.#pumping = null;
        if (this.#again) {
          this.#again = false;
          this.wake();
        }
      });
  }

  /**
   * Stops claiming: what has begun no stage goes back to the queue, what has may go on for the grace time, and is ended
   * then, or as soon as `hurry` fires.
   */
  async stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#siteTimer);
    await this.#pumping;
    for (const active of this.#active.values()) {
      if (!active.begun) active.abort.abort('shutdown');
    }
    const endAll = () => {
      this.#over.abort();
      for (const active of this.#active.values()) active.abort.abort('shutdown');
    };
    const grace = setTimeout(endAll, this.#services.config.shutdownSeconds * 1000);
    hurry?.addEventListener('abort', endAll, { once: true });
    if (hurry?.aborted) endAll();
    await Promise.all(this.#settled);
    hurry?.removeEventListener('abort', endAll);
    clearTimeout(grace);
    this.#unsubscribe();
    await this.#heartbeat?.stop();
  }

  async #pump(): Promise<void> {
    const room = () => !this.#stopping && this.#free() > 0;
    await this.#queue.round(room, (row) => this.#claim(row));
  }

  #free(): number {
    if (performance.now() < this.#pausedUntil) return 0;
    const { workers, runsPerWorker } = this.#services.config;
    const threads = workers - (this.#services.executor?.health().browserless ?? 0);
    // Where no browser starts one run at a time is tried all the same: with no other process, each has to end.
    if (threads <= 0) return 1 - this.#active.size;
    let busy = 0;
    for (const active of this.#active.values()) if (!active.waiting) busy += 1;
    // One that waits is not busy, but has a context: what no thread would take is left to other processes.
    return Math.min(threads * runsPerWorker - busy, threads * JOBS_PER_THREAD - this.#active.size);
  }

  /**
   * A place at the site and the lease of the account, then the conditional claim. What is held back stays queued, its
   * clock not running.
   */
  async #claim(row: Run): Promise<Claimed> {
    const { storage, dataKeys, config, log } = this.#services;
    const db = storage.database.forOrganization(row.organization_id);
    const credential = await db.credential.findFirst({ where: { id: row.credential_id } });
    if (!credential) {
      await settleRun(
        this.#services,
        { db, run: row, credential },
        { kind: 'outcome', code: 'internal', outcome: null, details: null },
      );
      return 'done';
    }
    const atMost = config.runsPerOrganization;
    const running = atMost === null ? 0 : await db.run.count({ where: { status: 'running' } });
    if (atMost !== null && running >= atMost) return 'organization';
    const key = await dataKeys.hmac(db, 'lease', leaseSubject(credential.username, originOf(row)));
    if (await isLeased(db, key, row.id)) return 'account';
    const wait = await takeSiteStart(this.#system, storage.database.now, originOf(row), config.loginsPerSecond);
    if (wait !== null) {
      this.#wakeIn(wait);
      return 'site';
    }
    if (!(await takeLease(db, key, row.id))) return 'account';
    // Known before it is claimed: a cancel that comes right after the claim must find it.
    const run = { ...row, claimed_by: this.#instance };
    const active = new ActiveRun(this.#services, db, run, credential, () => this.wake());
    this.#active.set(row.id, active);
    let won = false;
    try {
      won = await claimRun(db, row.id, this.#instance, atMost);
    } finally {
      // Where only the answer was lost it is ours and carried by nobody: the heartbeat finds it.
      if (!won) this.#active.delete(row.id);
    }
    if (!won) {
      const now = await db.run.findFirst({ where: { id: row.id }, select: { status: true } });
      // While another process has it, or may have it next, the lease is the run's.
      if (now && isFinal(now.status)) await releaseLeases(db, run);
      return now?.status === 'queued' ? 'organization' : 'done';
    }
    active.claimed = true;
    storage.bus.publish({ type: 'run', run_id: row.id });
    log.info({ run_id: run.id }, 'the run begins');
    const settled = onBehalfOf(run.id, () => this.#carry(active, { db, run, credential })).finally(() => {
      this.#settled.delete(settled);
      this.wake();
    });
    this.#settled.add(settled);
    return 'done';
  }

  /** A place at a site is free then; the queue's own look comes later. */
  #wakeIn(ms: number): void {
    clearTimeout(this.#siteTimer);
    this.#siteTimer = setTimeout(() => this.wake(), ms).unref();
  }

  async #carry(active: ActiveRun, context: RunContext): Promise<void> {
    const { log, storage, leases } = this.#services;
    const { db, run } = context;
    try {
      const { end, notes } = await startRun(this.#services, active, context);
      if (end.kind === 'no_browser') {
        this.#pausedUntil = performance.now() + PAUSE_MS;
        log.error({ run_id: run.id }, 'the browser of the run did not start; no run is claimed for some seconds');
      }
      await active.writeBack();
      await active.written();
      // Written as soon as it can be: what the site did must not be lost to a database that is away for a while.
      const settle = () => settleRun(this.#services, context, end, notes);
      await untilDatabaseAnswers(settle, this.#over.signal, (error) =>
        log.warn({ err: error, run_id: run.id }, 'the end of the run cannot be written now and is tried again'),
      );
    } catch (error) {
      log.error({ err: error, run_id: run.id }, 'the end of the run was not written');
    } finally {
      storage.bus.publish({ type: 'run', run_id: run.id });
      await active.contextClosed;
      this.#active.delete(run.id);
      active.secrets.forget();
      await releaseLeases(db, run).catch((error: unknown) =>
        log.error({ err: error, run_id: run.id }, 'the lease was not released; it expires by itself'),
      );
      leases.released();
    }
  }
}
