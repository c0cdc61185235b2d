import type { Config } from './config.ts';
import type { EgressProxy } from './egress/egress-proxy.ts';
import type { EgressTrouble } from './egress/egress-trouble.ts';
import { openEgress } from './egress/open-egress.ts';
import type { OwnPlaces } from './egress/own-places.ts';
import type { Lookup } from './egress/resolve-host.ts';
import { KeyturnError } from './errors.ts';
import { createPoolExecutor } from './execution/pool-executor.ts';
import type { LoginExecutor } from './execution/protocol.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';

/** What drives browsers: their threads, and their way out. */
export interface Driver {
  readonly executor: LoginExecutor;
  readonly egress: EgressProxy;
  close(): Promise<void>;
}

/** Opens both. `progress` is told how the search for a browser goes. Throws `no_browser`. */
export async function openDriver(
  config: Config,
  parts: { log: Logger; metrics: Metrics; ownPlaces: OwnPlaces },
  options: { chromium?: string; lookup?: Lookup; progress?: (line: string) => void },
): Promise<Driver> {
  const { log, metrics, ownPlaces } = parts;
  const executable = options.chromium ?? (await browserFor(config, options.progress ?? ((line) => log.info(line))));
  const onDenied = (trouble: EgressTrouble) => {
    log.debug({ egress: trouble }, 'a connection of a browser was denied');
    metrics.egressDenied(trouble.kind);
  };
  const egress = await openEgress(config, { ownPlaces, onDenied, lookup: options.lookup });
  try {
    const executor = await createPoolExecutor({
      executable,
      workers: config.workers,
      runsPerWorker: config.runsPerWorker,
      egress,
      warn: (text) => log.warn(text),
    });
    const close = async (): Promise<void> => {
      await executor.close();
      await egress.close();
    };
    return { executor, egress, close };
  } catch (error) {
    await egress.close();
    throw error;
  }
}

/** Looked for here and not at the top: it takes Playwright, which else only the threads load. */
async function browserFor(config: Config, progress: (line: string) => void): Promise<string> {
  const { ensureChromium } = await import('./browser/ensure-chromium.ts');
  return (await ensureChromium(config, progress)).executable;
}

/** Rejects while no thread is left to run anything. */
export async function checkPool(executor: LoginExecutor): Promise<void> {
  if (executor.health().answering > 0) return;
  throw new KeyturnError('unavailable', { detail: 'No worker thread is running.' });
}
