import type { Bus, OrganizationModels } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { isFinal } from './run.ts';
import { getRun } from './run-store.ts';

/** Tells when a run's row or events changed. The subscription is there before the first look, so nothing is missed. */
export class RunChanges implements Disposable {
  #changed = false;
  #wake: (() => void) | null = null;
  readonly #unsubscribe: () => void;

  constructor(bus: Bus, runId: string) {
    this.#unsubscribe = bus.subscribe((message) => {
      if (message.type !== 'run' || message.run_id !== runId) return;
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

/** Holds until the run is final, or awaits something from outside, or the time is over. Returns the row as it is then. */
export async function waitForRun(
  bus: Bus,
  db: OrganizationModels,
  ids: { runId: string; credentialId?: string },
  waitMs: number,
  signal: AbortSignal,
): Promise<Run> {
  const deadline = Date.now() + waitMs;
  using changes = new RunChanges(bus, ids.runId);
  for (;;) {
    const row = await getRun(db, ids.runId, ids.credentialId);
    const left = deadline - Date.now();
    if (isFinal(row.status) || row.awaiting !== null || left <= 0 || signal.aborted) return row;
    await changes.next(left, signal);
  }
}
