import { randomUUID } from 'node:crypto';
import type { SystemDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { ActiveRun } from './active-run.ts';
import { type Claimed, FairQueue, originOf } from './fair-queue.ts';
import { isLeased, leaseSubject, releaseLeases, renewLeases, takeLease } from './leases.ts';
import { isFinal } from './run.ts';
import type { RunServices } from './run-services.ts';
import { claimRun } from './run-store.ts';
import { type RunContext, settleRun } from './settle-run.ts';
import { takeSiteStart } from './site-starts.ts';
import { startRun } from './start-run.ts';
import { abortTakenAway } from './watch-taken-away.ts';

/** Heartbeat of claimed runs and their leases. */
const HEARTBEAT_MS = 5_000;
/** A run whose heartbeat is older than this belongs to a dead process. */
const DEAD_AFTER_MS = 20_000;
/** How long runs that have begun a stage may go on at shutdown. */
const SHUTDOWN_GRACE_MS = 5_000;

/** Claims queued runs, hands them to the executor and writes how they end. */
export class Dispatcher {
  readonly #services: RunServices;
  readonly #instance = randomUUID();
  readonly #active = new Map<string, ActiveRun>();
  readonly #settled = new Set<Promise<void>>();
  readonly #capacity: number;
  #pumping: Promise<void> | null = null;
  #again = false;
  #stopping = false;
  #heartbeat: NodeJS.Timeout | null = null;
  #unsubscribe: () => void = () => {};
  #siteTimer: NodeJS.Timeout | undefined;
  readonly #system: SystemDb;
  readonly #queue: FairQueue;

  constructor(services: RunServices) {
    this.#services = services;
    this.#system = services.storage.database.asSystem('dispatch');
    this.#queue = new FairQueue(this.#system);
    this.#capacity = services.config.workers * services.config.runsPerWorker;
  }

  /** Ends what a dead process left, then takes up work. */
  async start(): Promise<void> {
    const { storage } = this.#services;
    // The embedded database has one process: whatever runs there was another's.
    await this.#recover(storage.database.dialect === 'sqlite' ? 0 : DEAD_AFTER_MS);
    this.#unsubscribe = storage.bus.subscribe((message) => {
      if (message.type === 'cancel') this.#active.get(message.run_id)?.abort.abort('canceled');
      if (message.type === 'resumed') void this.#lookForTakenAway();
    });
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
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

  /** Runs of dead processes: back to the queue while no stage was begun, `interrupted` otherwise. */
  async recoverDead(): Promise<void> {
    await this.#recover(DEAD_AFTER_MS);
  }

  async #recover(deadAfterMs: number): Promise<void> {
    const { storage } = this.#services;
    const rows = await storage.database.asSystem('dispatch').run.findMany({
      where: {
        status: 'running',
        OR: [{ heartbeat_at: null }, { heartbeat_at: { lte: new Date(Date.now() - deadAfterMs) } }],
      },
    });
    for (const row of rows) {
      if (this.#active.has(row.id)) continue;
      const db = storage.database.forOrganization(row.organization_id);
      await settleRun(this.#services, { db, run: row, credential: null }, { kind: 'shutdown' });
      await releaseLeases(db, row.id);
      storage.bus.publish({ type: 'run', run_id: row.id });
    }
  }

  /** Stops claiming, lets begun runs finish within the grace time, ends the rest. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#siteTimer);
    this.#unsubscribe();
    await this.#pumping;
    for (const active of this.#active.values()) {
      if (!active.begun) active.abort.abort('shutdown');
    }
    const grace = setTimeout(() => {
      for (const active of this.#active.values()) active.abort.abort('shutdown');
    }, SHUTDOWN_GRACE_MS);
    await Promise.all(this.#settled);
    clearTimeout(grace);
    if (this.#heartbeat) clearInterval(this.#heartbeat);
  }

  async #pump(): Promise<void> {
    const room = () => !this.#stopping && this.#free() > 0;
    await this.#queue.round(room, (row) => this.#claim(row));
  }

  #free(): number {
    let busy = 0;
    for (const active of this.#active.values()) if (!active.waiting) busy += 1;
    return this.#capacity - busy;
  }

  /**
   * A place at the site and the lease of the account, then the conditional claim. What is held back stays queued, its
   * clock not running.
   */
  async #claim(row: Run): Promise<Claimed> {
    const { storage, dataKeys, config } = this.#services;
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
    const freeAt = await takeSiteStart(this.#system, originOf(row), config.loginsPerSecond);
    if (freeAt) {
      this.#wakeAt(freeAt);
      return 'site';
    }
    if (!(await takeLease(db, key, row.id))) return 'account';
    // Known before it is claimed: a cancel that comes right after the claim must find it.
    const run = { ...row, claimed_by: this.#instance };
    const active = new ActiveRun(this.#services, db, run, credential, () => this.wake());
    this.#active.set(row.id, active);
    if (!(await claimRun(db, row.id, this.#instance, atMost))) {
      this.#active.delete(row.id);
      const now = await db.run.findFirst({ where: { id: row.id }, select: { status: true } });
      // While another process has it, or may have it next, the lease is the run's.
      if (now && isFinal(now.status)) await releaseLeases(db, row.id);
      return now?.status === 'queued' ? 'organization' : 'done';
    }
    storage.bus.publish({ type: 'run', run_id: row.id });
    const settled: Promise<void> = this.#carry(active, { db, run, credential }).finally(() => {
      this.#settled.delete(settled);
      this.wake();
    });
    this.#settled.add(settled);
    return 'done';
  }

  /** A place at a site is free then; the queue's own look comes later. */
  #wakeAt(time: Date): void {
    clearTimeout(this.#siteTimer);
    this.#siteTimer = setTimeout(() => this.wake(), Math.max(0, time.getTime() - Date.now())).unref();
  }

  async #carry(active: ActiveRun, context: RunContext): Promise<void> {
    const { log, storage, leases } = this.#services;
    const { db, run } = context;
    try {
      const { end, notes } = await startRun(this.#services, active, context);
      await active.writeBack();
      await active.written();
      await settleRun(this.#services, context, end, notes);
    } catch (error) {
      log.error({ err: error, run_id: run.id }, 'the end of the run was not written');
    } finally {
      storage.bus.publish({ type: 'run', run_id: run.id });
      await active.contextClosed;
      this.#active.delete(run.id);
      active.secrets.forget();
      await releaseLeases(db, run.id).catch((error: unknown) =>
        log.error({ err: error, run_id: run.id }, 'the lease was not released; it expires by itself'),
      );
      leases.released();
    }
  }

  async #beat(): Promise<void> {
    const { database } = this.#services.storage;
    for (const [id, active] of this.#active) {
      try {
        await database.asSystem('dispatch').run.updateMany({
          where: { id, claimed_by: this.#instance, status: 'running' },
          data: { heartbeat_at: new Date() },
        });
        await renewLeases(active.db, id);
      } catch (error) {
        this.#services.log.warn({ err: error, run_id: id }, 'heartbeat failed');
      }
    }
    await this.#lookForTakenAway();
  }

  async #lookForTakenAway(): Promise<void> {
    if (this.#active.size === 0) return;
    const { storage, log } = this.#services;
    await abortTakenAway(storage.database.asSystem('dispatch'), this.#instance, this.#active).catch((error: unknown) =>
      log.warn({ err: error }, 'looking for canceled runs failed'),
    );
  }
}
