interface Waiter {
  take(): void;
}

/**
 * A run's place among the busy runs of its thread. It is given up while the run only waits (for a code), and taken back
 * before runs that have not begun: a code ages.
 */
export interface BusySlot {
  /** Giving up twice is no error. */
  release(): void;
  /** Waits for a place, ahead of new runs. Rejects with the signal's reason, and once the run has ended. */
  retake(): Promise<void>;
  /** Gives up the place for good: what the run still does gets none, not even one it waits for already. */
  end(): void;
}

/** Counts the runs of one thread that use the processor: beyond about two for each core all of them only get slower. */
export class BusySlots {
  #free: number;
  readonly #returning: Waiter[] = [];
  readonly #fresh: Waiter[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Waits for a place, first come first served. Rejects with the signal's reason. */
  async acquire(signal: AbortSignal): Promise<BusySlot> {
    await this.#take(this.#fresh, signal);
    let held = true;
    const ended = new AbortController();
    const stopped = AbortSignal.any([signal, ended.signal]);
    const release = (): void => {
      if (held) this.#give();
      held = false;
    };
    return {
      release,
      retake: async () => {
        if (held) return;
        await this.#take(this.#returning, stopped);
        held = true;
        if (!ended.signal.aborted) return;
        // It ended between the handing over and now.
        release();
        throw ended.signal.reason;
      },
      end: () => {
        ended.abort(new Error('The run is over.'));
        release();
      },
    };
  }

  #take(lane: Waiter[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        lane.splice(lane.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        take: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      lane.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #give(): void {
    const next = this.#returning.shift() ?? this.#fresh.shift();
    if (next) next.take();
    else this.#free += 1;
  }
}
