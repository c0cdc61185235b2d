/** How often a thread shows main that it hears. */
const PULSE_MS = 1_000;
/**
 * After a standstill of this length the process may have been taken for dead, and its runs given away or ended. Well
 * below the time that takes, since the clock starts at the last heartbeat.
 */
const STANDSTILL_MS = 12_000;

/**
 * The pulse of one thread. It also notices a standstill (SIGSTOP, a frozen machine, a loop) from within: what was
 * allowed before it is allowed no more.
 */
export class Pulse {
  readonly #onStandstill = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #beatAt = performance.now();

  readonly #standstillMs: number;

  /** `tell` is called at each beat, the first one at once: who has loaded may be stuck from then on. */
  constructor(tell: () => void = () => undefined, { everyMs = PULSE_MS, standstillMs = STANDSTILL_MS } = {}) {
    this.#standstillMs = standstillMs;
    tell();
    this.#timer = setInterval(() => {
      const stoodStill = this.stoodStill;
      this.#beatAt = performance.now();
      tell();
      if (stoodStill) for (const listener of [...this.#onStandstill]) listener();
    }, everyMs);
    this.#timer.unref();
  }

  /** True in the first moments after one, before its listeners were told. */
  get stoodStill(): boolean {
    return performance.now() - this.#beatAt > this.#standstillMs;
  }

  /** Returns the function that ends it. */
  watch(onStandstill: () => void): () => void {
    this.#onStandstill.add(onStandstill);
    return () => this.#onStandstill.delete(onStandstill);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
