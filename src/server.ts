import type { Config } from './config.ts';
import { firstKeyLine } from './organizations/organization-store.ts';
import { createRuntime } from './runtime.ts';
import { stopOnSignals } from './stop-signals.ts';

/** How long a stop may take beyond the grace time of its runs: to write down how they ended, and to close everything. */
const STOP_MS = 8_000;

/**
 * Runs the service until a signal. Prints the admin key once at the first start, even one that fails, and the address. Throws a KeyturnError
 * when it cannot start.
 */
export async function startServer(config: Config, print: (line: string) => void): Promise<void> {
  const runtime = await createRuntime(config, { onFirstKey: (key) => print(firstKeyLine(key)) });
  let url: string;
  try {
    url = await runtime.listen();
  } catch (error) {
    await runtime.close();
    throw error;
  }
  // The usual signal for "read your configuration again": here the one thing that changes is the master key.
  process.on('SIGHUP', () => {
    runtime.services.dataKeys.rotateMasterKey('service').then(
      () => runtime.services.log.info('the master key was replaced'),
      (error: unknown) => runtime.services.log.error({ err: error }, 'the master key was not replaced'),
    );
  });
  const { log } = runtime.services;
  stopOnSignals({
    limitMs: config.shutdownSeconds * 1000 + STOP_MS,
    stop: (hurry) => runtime.close(hurry),
    onStop: (why) => {
      if ('err' in why) log.fatal(why, 'the service stops because of an unexpected error');
      else log.info(why, 'the service stops; runs that have begun may still finish');
    },
    onHurry: () => log.warn('the service was told again to stop: what still runs is ended'),
    onError: (err) => log.error({ err }, 'an error while the service stops'),
  });
  const what =
    config.role === 'worker' ? `a worker: only its health, at ${url}/health/ready` : `documentation at ${url}/docs`;
  print(`Keyturn listens on ${url} (${what})`);
}
