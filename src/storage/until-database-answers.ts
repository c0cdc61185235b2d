import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from './database-away.ts';

/** Milliseconds between tries: a server that restarts is back within seconds. */
const EVERY_MS = 500;

/**
 * Does something again while the database cannot be reached or has no room, until it is done or `signal` fires. Only for
 * what may be done twice: of a transaction whose answer was lost nobody knows whether it was committed. Throws what the
 * last try threw. `onWait` is told of the first failure.
 */
export async function untilDatabaseAnswers<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onWait: (error: unknown) => void = () => undefined,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isDatabaseAway(error)) throw error;
      if (tries === 0) onWait(error);
    }
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
