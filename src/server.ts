import closeWithGrace from 'close-with-grace';
import type { Config } from './config.ts';
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
  closeWithGrace({ delay: STOP_MS }, async ({ err }) => {
    if (err) runtime.services.log.fatal({ err }, 'the service stops because of an unexpected error');
    await runtime.close();
  });
  print(`Keyturn listens on ${url} (documentation at ${url}/docs)`);
  if (runtime.firstKey) print(`Admin API key, shown only this once: ${runtime.firstKey}`);
}
