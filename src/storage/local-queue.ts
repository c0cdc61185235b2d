import type { RunQueue } from './db.ts';
import { outsideTransactions } from './scoped-database.ts';

/** Milliseconds between looks at the table without being called: a run is found even if its wake-up was lost. */
export const BACKSTOP_MS = 1_000;

/** The queue of one process: the committed row is all there is, and a wake-up is a call. */
export class LocalQueue implements RunQueue {
  #onWake: (() => void) | undefined;
  #backstop: NodeJS.Timeout | undefined;
  #wake: NodeJS.Immediate | undefined;

  async announce(): Promise<void> {}

  committed(): void {
    if (!this.#onWake) return;
    // Many commits in one turn of the event loop wake once.
    this.#wake ??= setImmediate(() => {
      this.#wake = undefined;
      const onWake = this.#onWake;
      if (onWake) outsideTransactions(onWake);
    });
  }

  async listen(onWake: () => void): Promise<void> {
    this.#onWake = onWake;
    this.#backstop = setInterval(() => this.committed(), BACKSTOP_MS).unref();
    this.committed();
  }

  async close(): Promise<void> {
    this.#onWake = undefined;
    clearInterval(this.#backstop);
    clearImmediate(this.#wake);
  }
}
