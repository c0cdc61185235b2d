import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { openServiceFolder, type ServiceFolder } from '../browser/reaper.ts';
import type { EgressProxy } from '../egress/egress-proxy.ts';
import { KeyturnError } from '../errors.ts';
import { workerEntry } from '../worker-entry.ts';
import { JobChannel } from './job-channel.ts';
import type { JobHandlers, JobReply, LoginExecutor, LoginJob, PoolHealth } from './protocol.ts';
import { supervise } from './supervise.ts';
import { ThreadPool } from './thread-pool.ts';

export interface PoolExecutorOptions {
  /** Chromium to drive, as `ensureChromium` found it. */
  executable: string;
  /** Worker threads. */
  workers: number;
  /** Busy runs in one thread at a time. */
  runsPerWorker: number;
  /** The way out of every browser; the caller closes it. */
  egress: EgressProxy;
  /** Where the service's folder for browser profiles is made; the system's temporary folder when left out. */
  tempRoot?: string;
  /** Told what went wrong in a thread outside any run. Holds no secret. */
  warn?: (text: string) => void;
  /** Another thread entry than workers/login-worker. */
  entry?: URL;
  /** Milliseconds a thread may hear nothing before it is ended and replaced. */
  stuckMs?: number;
}

/**
 * Runs jobs in worker threads. First sweeps what dead services left (browser processes and profile folders), then
 * starts the threads; each starts its browser at once, in the background.
 */
export async function createPoolExecutor(options: PoolExecutorOptions): Promise<LoginExecutor> {
  const folder = await openServiceFolder(options.tempRoot ?? tmpdir());
  return new PoolExecutor(options, folder);
}

class PoolExecutor implements LoginExecutor {
  readonly #executable: string;
  readonly #egress: EgressProxy;
  readonly #folder: ServiceFolder;
  readonly #pool: ThreadPool;
  readonly #closing = new AbortController();
  readonly #active = new Set<Promise<JobReply>>();
  #closed: Promise<void> | null = null;
  readonly #threads: number;

  constructor(options: PoolExecutorOptions, folder: ServiceFolder) {
    this.#executable = options.executable;
    this.#egress = options.egress;
    this.#folder = folder;
    this.#threads = options.workers;
    this.#pool = new ThreadPool({
      entry: options.entry ?? workerEntry('login-worker'),
      threads: options.workers,
      settings: {
        executable: options.executable,
        temp_dir: folder.path,
        busy_runs: options.runsPerWorker,
        egress: options.egress.access,
      },
      warn: options.warn ?? (() => undefined),
      stuckMs: options.stuckMs,
    });
  }

  async execute(job: LoginJob, handlers: JobHandlers, abort: AbortSignal): Promise<JobReply> {
    let thread: number | null = null;
    const unplaced = Promise.withResolvers<never>();
    const channel = new JobChannel(handlers, this.#egress, (pid) => {
      if (thread !== null) this.#pool.noteBrowser(thread, pid);
    });
    const stop = AbortSignal.any([abort, this.#closing.signal]);
    // Every thread may be full of runs that wait for codes: a run without a thread ends here, and never begins there.
    const onStop = () => {
      if (thread === null) unplaced.reject(stop.reason);
    };
    stop.addEventListener('abort', onStop, { once: true });
    const work = this.#pool.run(job, channel.workerPort, (placed) => {
      thread = placed;
    });
    const reply = supervise(Promise.race([work, unplaced.promise]), channel, stop, this.#folder.path, () => {
      if (thread !== null) void this.#pool.terminate(thread);
    });
    this.#active.add(reply);
    try {
      return await reply;
    } finally {
      stop.removeEventListener('abort', onStop);
      this.#active.delete(reply);
    }
  }

  async check(): Promise<void> {
    if (this.#closing.signal.aborted)
      throw new KeyturnError('unavailable', { detail: 'The service is shutting down.' });
    if (this.#pool.answering === 0) throw new KeyturnError('unavailable', { detail: 'No worker thread answers.' });
    await access(this.#executable, constants.X_OK).catch(() => {
      throw new KeyturnError('no_browser', { detail: `${this.#executable} is gone.` });
    });
    if (this.#pool.browserless >= this.#threads)
      throw new KeyturnError('no_browser', {
        detail: `${this.#executable} does not start any more; it is tried again every few seconds.`,
      });
  }

  health(): PoolHealth {
    return {
      threads: this.#threads,
      answering: this.#pool.answering,
      browserless: this.#pool.browserless,
      runs: this.#active.size,
      threads_lost: this.#pool.lost,
      browsers_restarted: this.#pool.browsersRestarted,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#closing.abort('shutdown');
    await Promise.all(this.#active);
    await this.#pool.close();
    await this.#folder.remove();
  }
}
