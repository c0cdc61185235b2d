import closeWithGrace from 'close-with-grace';
import type { Config } from './config.ts';
import { firstKeyLine } from './organizations/organization-store.ts';
import { createRuntime } from './runtime.ts';

/** How long a stop may take before the process ends all the same: what runs have as grace, and room to write it down. */
const STOP_MS = 15_000;

/**
 * Runs the service until a signal. Prints the address, and the admin key once at the first start. Throws a KeyturnError
 * when it cannot start.
 */
export async function startServer(config: Config, print: (line: string) => void): Promise<void> {
  const runtime = await createRuntime(config);
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
  closeWithGrace({ delay: STOP_MS, skip: ['SIGHUP'] }, async ({ err }) => {
    if (err) runtime.services.log.fatal({ err }, 'the service stops because of an unexpected error');
    await runtime.close();
  });
  const what =
    config.role === 'worker' ? `a worker: only its health, at ${url}/health/ready` : `documentation at ${url}/docs`;
  print(`Keyturn listens on ${url} (${what})`);
  if (runtime.firstKey) print(firstKeyLine(runtime.firstKey));
}
