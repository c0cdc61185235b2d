import type { Stage } from './outcome.ts';

/** The run's active time is used up. `stage` is how far it came. */
export class TimeLimit extends Error {
  override readonly name = 'TimeLimit';
  readonly stage: Stage | null;

  constructor(stage: Stage | null) {
    super('The active time of the run is used up.');
    this.stage = stage;
  }
}

/** A part of the run that must not go on: carries its outcome out of a strategy. */
export class StepLimit extends Error {
  override readonly name = 'StepLimit';
}

/** One object carries deadline, abort, budget and timings through the run. Its clock stops while a code is awaited. */
export class Progress {
  readonly signal: AbortSignal;
  readonly timings: Record<string, number> = {};
  stage: Stage | null = null;
  steps = 0;
  actions = 0;
  readonly #limits: { steps: number; actions: number; run_ms: number };
  readonly #expired = new AbortController();
  #left: number;
  #since = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(limits: { steps: number; actions: number; run_ms: number }, signal: AbortSignal) {
    this.#limits = limits;
    this.#left = limits.run_ms;
    this.signal = AbortSignal.any([signal, this.#expired.signal]);
    this.resume();
  }

  resume(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#expired.abort(new TimeLimit(this.stage)), Math.max(0, this.#left));
  }

  pause(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#left -= performance.now() - this.#since;
  }

  /** Active milliseconds that are left, while the clock runs. */
  get left(): number {
    return this.#left - (performance.now() - this.#since);
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Counts a fill-and-submit. Throws StepLimit beyond the workflow's limit. */
  step(): void {
    if (this.steps >= this.#limits.steps) throw new StepLimit();
    this.steps += 1;
  }

  /** Counts anything else that is done to the page. False when the bound is reached. */
  action(): boolean {
    if (this.actions >= this.#limits.actions) return false;
    this.actions += 1;
    return true;
  }

  /** Does a part of the run: breaks off at the run's end even where Playwright takes no signal, and notes its time. */
  async part<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(this.signal.reason);
    this.signal.addEventListener('abort', stop, { once: true });
    const started = performance.now();
    const done = work();
    try {
      return await Promise.race([done, stopped.promise]);
    } finally {
      done.catch(() => undefined);
      this.signal.removeEventListener('abort', stop);
      this.timings[name] = (this.timings[name] ?? 0) + performance.now() - started;
    }
  }
}
