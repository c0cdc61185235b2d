import { Stillness } from '../stillness.ts';
import type { Run } from '../storage/rows.ts';
import type { ActiveRun } from './active-run.ts';
import type { RunEnd } from './finish-run.ts';
import type { Instance } from './instance.ts';
import { dropStillLeases, releaseLeases, renewLeases } from './leases.ts';
import { isFinal } from './run.ts';
import type { RunServices } from './run-services.ts';
import { settleRun } from './settle-run.ts';

/** How often this process shows that it lives, and looks whether the others do. */
const TICK_MS = 2_500;
/** A run whose heartbeat has been the same for so long belongs to a dead process. With two ticks it is under 30 s. */
export const DEAD_AFTER_MS = 20_000;

type Found = Pick<Run, 'id' | 'organization_id' | 'claimed_by' | 'heartbeat_at'>;

/**
 * Keeps the runs this process carries, gives up those that were taken from it, and takes up what dead processes left:
 * back to the queue while no stage was begun and not for ever, `interrupted` otherwise.
 */
export class Heartbeat {
  readonly #services: RunServices;
  readonly #instance: Instance;
  readonly #carried: ReadonlyMap<string, ActiveRun>;
  readonly #runs = new Stillness(TICK_MS);
  readonly #leases = new Stillness(TICK_MS);
  #timer: NodeJS.Timeout | null = null;
  #ticking: Promise<void> = Promise.resolve();

  constructor(services: RunServices, instance: Instance, carried: ReadonlyMap<string, ActiveRun>) {
    this.#services = services;
    this.#instance = instance;
    this.#carried = carried;
  }

  /** Ends at once what is known to have nobody: on the embedded database everything, else what this folder's last process had. */
  async start(): Promise<void> {
    const { database } = this.#services.storage;
    const system = database.asSystem('dispatch');
    const alone = database.dialect === 'sqlite';
    const whose = alone ? {} : { claimed_by: this.#instance.previous ?? this.#instance.id };
    for (const row of await system.run.findMany({ where: { status: 'running', ...whose } })) await this.#takeUp(row);
    if (alone) await system.lease.deleteMany();
    this.#next();
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#ticking
        .then(() => this.#tick())
        .finally(() => {
          if (this.#timer) this.#next();
        });
    }, TICK_MS);
  }

  /** Looks now, or as soon as a look under way is over. */
  wake(): void {
    if (this.#timer) this.#ticking = this.#ticking.then(() => this.#tick());
  }

  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    try {
      await this.#beat();
      await this.#lookForDead();
      await dropStillLeases(this.#services.storage.database.asSystem('dispatch'), this.#leases);
    } catch (error) {
      this.#services.log.warn({ err: error }, 'the heartbeat failed and is tried again');
    }
  }

  async #beat(): Promise<void> {
    const system = this.#services.storage.database.asSystem('dispatch');
    const mine = [...this.#carried].filter(([, active]) => active.claimed);
    if (mine.length === 0) return;
    const ids = mine.map(([id]) => id);
    await system.run.updateMany({
      where: { id: { in: ids }, claimed_by: this.#instance.id, status: 'running' },
      data: { heartbeat_at: new Date() },
    });
    const rows = await system.run.findMany({
      where: { id: { in: ids }, claimed_by: this.#instance.id },
      select: { id: true, status: true },
    });
    // Also of a run that is over: its leases are held until its contexts are closed.
    await renewLeases(
      system,
      rows.map(({ id }) => id),
    );
    const status = new Map(rows.map((row) => [row.id, row.status]));
    for (const [id, active] of mine) {
      if (status.get(id) === 'running' || active.abort.signal.aborted) continue;
      // Canceled elsewhere, and the word of it was lost; over by our own hand, which this does not change; or taken from
      // us, because this process was paused, or could not reach the database, for so long that it was taken for dead.
      active.abort.abort(status.get(id) === 'canceled' ? 'canceled' : 'shutdown');
    }
  }

  async #lookForDead(): Promise<void> {
    const running: Found[] = await this.#services.storage.database.asSystem('dispatch').run.findMany({
      where: { status: 'running' },
      select: { id: true, organization_id: true, claimed_by: true, heartbeat_at: true },
    });
    // One that is ours and carried by nobody counts too: its claim, or its end, may have been lost on the way.
    const others = running.filter((row) => row.claimed_by !== this.#instance.id || !this.#carried.has(row.id));
    const dead = this.#runs.look(
      others.map((row) => [row.id, `${row.claimed_by} ${row.heartbeat_at?.getTime()}`] as const),
      DEAD_AFTER_MS,
    );
    for (const row of others) if (dead.has(row.id)) await this.#takeUp(row);
  }

  async #takeUp({ id, organization_id, claimed_by }: Found): Promise<void> {
    const { storage, log } = this.#services;
    try {
      const db = storage.database.forOrganization(organization_id);
      const run = await db.run.findFirst({ where: { id, claimed_by, status: 'running' } });
      if (!run) return;
      // One that is ours and carried by nobody lost only its claim, or its end, on the way.
      const end: RunEnd = { kind: claimed_by === this.#instance.id ? 'shutdown' : 'lost' };
      await settleRun(this.#services, { db, run, credential: null }, end);
      await releaseLeases(db, run);
      const after = await db.run.findFirst({ where: { id }, select: { status: true } });
      const what = after && isFinal(after.status) ? 'ended' : 'put back in the queue';
      log.info({ run_id: id }, `a run whose process is gone was ${what}`);
      storage.bus.publish({ type: 'run', run_id: id });
    } catch (error) {
      // One that cannot be ended must not keep the others.
      log.error({ err: error, run_id: id }, 'a run of a dead process could not be ended and is tried again');
    }
  }
}
