import type { Bus, BusMessage } from './db.ts';

/** Whoever waits looks at the rows at least this often: the process that changed them may have died before it said so. */
export const LOOK_MS = 5_000;

/** Tells when something of interest was published. The subscription is there before the first look, so nothing is missed. */
export class Changes implements Disposable {
  #changed = false;
  #wake: (() => void) | null = null;
  readonly #unsubscribe: () => void;

  constructor(bus: Bus, concerns: (message: BusMessage) => boolean) {
    this.#unsubscribe = bus.subscribe((message) => {
      if (message.type !== 'resumed' && !concerns(message)) return;
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Resolves at the next change (at once if one came since the last call), or after `ms`, or when aborted. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      const onAbort = (): void => resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#wake = null;
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}

/** What concerns one run: its row or its events. `row`: only what a poll would tell. */
export function ofRun(runId: string, { row = false } = {}): (message: BusMessage) => boolean {
  return (message) => message.type === 'run' && message.run_id === runId && !(row && message.events_only);
}
