/** Work that goes on after the call that began it was answered, and ends with the service. */
export class BackgroundWork {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  /** Ends when the service does. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** `work` tells of its failures itself; its signal ends when the service does. After that nothing is begun. */
  run(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.closing.aborted) return;
    const running = work(this.closing).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once nothing is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }
}
