import { AsyncLocalStorage } from 'node:async_hooks';

/** The run that is being worked for, through every await: what is logged meanwhile says so. */
const current = new AsyncLocalStorage<{ run_id: string }>();

/** Does something on behalf of a run: every line that is logged on the way, by whoever, carries its `run_id`. */
export function onBehalfOf<T>(runId: string, work: () => T): T {
  return current.run({ run_id: runId }, work);
}

/** What a log line is to say besides its own. */
export function logContext(): Readonly<Record<string, string>> {
  return current.getStore() ?? {};
}
