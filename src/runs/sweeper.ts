import type { Logger } from '../log.ts';

/** Everything temporary is gone within one minute of its end; this leaves room for sweeps that fail. */
const SWEEP_MS = 10_000;

/** One thing that is swept. Each owner gives its own. */
export interface Sweep {
  readonly name: string;
  sweep(now: Date): Promise<void>;
}

/** Removes what its time is over: one sweep at a time, one that fails does not stop the others. */
export class Sweeper {
  readonly #log: Logger;
  readonly #sweeps: readonly Sweep[];
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #wanted = false;

  constructor(log: Logger, sweeps: readonly Sweep[]) {
    this.#log = log;
    this.#sweeps = sweeps;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), SWEEP_MS);
  }

  /** Sweeps as soon as the sweep under way is over; calls until then count once. */
  wake(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#running = this.#running.then(() => {
      this.#wanted = false;
      return this.once();
    });
  }

  async once(now = new Date()): Promise<void> {
    for (const { name, sweep } of this.#sweeps) {
      try {
        await sweep(now);
      } catch (error) {
        this.#log.error({ err: error, sweep: name }, 'a sweep failed and is tried again');
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    // Nothing is begun any more.
    this.#wanted = true;
    await this.#running;
  }
}
