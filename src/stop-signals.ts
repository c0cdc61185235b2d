/** What ends the service in order: an orchestrator, a terminal, a debugger's quit. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

export interface Stopping {
  /** Stops everything; `hurry` fires when there is no more patience. */
  stop(hurry: AbortSignal): Promise<void>;
  /** Told why it stops: a signal, or an error nobody caught. */
  onStop(why: { signal: NodeJS.Signals } | { err: unknown }): void;
  onHurry(): void;
  /** Told of an error while it stops. */
  onError(err: unknown): void;
  /** Milliseconds after which the process ends all the same, with exit code 1. */
  limitMs: number;
}

/**
 * The first signal stops the service, with exit code 0 once that is done; the second one takes its patience. An error
 * that nobody caught stops it too, with exit code 1.
 */
export function stopOnSignals({ stop, onStop, onHurry, onError, limitMs }: Stopping): void {
  const hurry = new AbortController();
  let stopping = false;
  const begin = (exitCode: number): void => {
    stopping = true;
    setTimeout(() => process.exit(1), limitMs).unref();
    stop(hurry.signal).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        onError(error);
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopping) {
        onHurry();
        hurry.abort();
      } else {
        onStop({ signal });
        begin(0);
      }
    });
  }
  const fail = (err: unknown): void => {
    if (stopping) {
      onError(err);
    } else {
      onStop({ err });
      begin(1);
    }
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
