import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { openServiceFolder } from '../browser/reaper.ts';
import { childEnvironment } from '../config.ts';
import type { EgressProxy } from '../egress/egress-proxy.ts';
import { KeyturnError } from '../errors.ts';
import { JobChannel } from './job-channel.ts';
import type { JobReply, LoginExecutor } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { createJobHost, type Engine, runJob } from './run-job.ts';
import { supervise } from './supervise.ts';

export interface InlineExecutorOptions {
  /** Chromium to drive. */
  executable: string;
  /** Busy runs at a time. */
  runsPerWorker: number;
  /** The way out of every browser; the caller closes it. */
  egress: EgressProxy;
  engine: Engine;
}

/**
 * Runs jobs in the calling thread, for the command line and tests: the same code and messages as in a worker thread,
 * without its start (about half a second). Its browser's profile folder lies in the system's temporary folder and goes
 * when the browser closes.
 */
export async function createInlineExecutor(options: InlineExecutorOptions): Promise<LoginExecutor> {
  const folder = await openServiceFolder(tmpdir());
  const { executable, runsPerWorker, egress } = options;
  const settings = { executable, temp_dir: folder.path, busy_runs: runsPerWorker, egress: egress.access };
  let browserless = 0;
  const onStart = (started: boolean): void => {
    browserless = started ? 0 : 1;
  };
  const host = createJobHost(settings, new Pulse(), onStart, childEnvironment(folder.path));
  const active = new Set<Promise<JobReply>>();
  const closing = new AbortController();
  return {
    execute: async (job, handlers, abort) => {
      const channel = new JobChannel(handlers, egress);
      const gaveUp = Promise.withResolvers<never>();
      const work = runJob(job, channel.workerPort, host, options.engine);
      const reply = supervise(
        Promise.race([work, gaveUp.promise]),
        channel,
        AbortSignal.any([abort, closing.signal]),
        folder.path,
        () => gaveUp.reject(new KeyturnError('internal')),
      );
      active.add(reply);
      return reply.finally(() => active.delete(reply));
    },
    check: async () => {
      if (closing.signal.aborted) throw new KeyturnError('unavailable');
      await access(options.executable, constants.X_OK).catch(() => {
        throw new KeyturnError('no_browser');
      });
    },
    health: () => ({
      threads: 1,
      answering: 1,
      browserless,
      runs: active.size,
      threads_lost: 0,
      browsers_restarted: 0,
    }),
    close: async () => {
      closing.abort('shutdown');
      await Promise.all(active);
      await host.close();
      await folder.remove();
    },
  };
}
