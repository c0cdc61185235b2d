import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { Piscina, queueOptionsSymbol } from 'piscina';
import { clearFolder, isInTable, killBrowser, processesOf, threadFolder } from '../browser/reaper.ts';
import { childEnvironment } from '../config.ts';
import { KeyturnError } from '../errors.ts';
import { cacheOf } from '../worker-entry.ts';
import { interruptThread } from './interrupt-thread.ts';
import { JOBS_PER_THREAD, type LoginJob, type WorkerSettings } from './protocol.ts';
import { isPulse, ThreadWatch } from './thread-watch.ts';

/** Milliseconds a thread has to close its browser at the end; one that is still loading hears of it only then. */
const CLOSE_MS = { loaded: 5_000, loading: 20_000 };
/** Milliseconds a thread that is ended has to hear that its browser is gone, and how often that is looked at. */
const REAP_MS = 5_000;
const LOOK_MS = 20;

/** What a worker thread is given: a job with its port, or word to close its browser. */
export type ThreadTask = { job: LoginJob; port: MessagePort } | { close: true };

/** What a thread posts when its browser was started, or did not start. */
export interface BrowserNotice {
  browser: number;
  started: boolean;
}

function isOfBrowser(notice: unknown): notice is BrowserNotice {
  return typeof notice === 'object' && notice !== null && 'browser' in notice && 'started' in notice;
}

/** Where a task is to run, or who wants to know where it runs. Travels beside the task, not in it. */
interface Placement {
  thread?: number;
  placed?: (thread: number) => void;
}

type Balancer = NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>;

/**
 * Takes the thread with the fewest jobs, or the one the task names; never one that is about to be ended, and one whose
 * browser does not start only where all are so.
 */
function placeBeside(ending: ReadonlySet<number>, browserless: ReadonlySet<number>): Balancer {
  return (task, workers) => {
    const placement = (task[queueOptionsSymbol] ?? {}) as Placement;
    const there = workers.filter(({ id, destroyed }) => !destroyed && !ending.has(id));
    const whole = there.filter(({ id }) => !browserless.has(id));
    const able =
      placement.thread === undefined
        ? (whole.length > 0 ? whole : there).filter(({ currentUsage }) => currentUsage < JOBS_PER_THREAD)
        : there.filter(({ id }) => id === placement.thread);
    const [best = null] = able.sort((a, b) => a.currentUsage - b.currentUsage);
    if (best) placement.placed?.(best.id);
    return best;
  };
}

export interface ThreadPoolOptions {
  entry: URL;
  threads: number;
  settings: WorkerSettings;
  /** Told what a thread could not handle: error names and places, no messages. */
  warn(text: string): void;
  /** Milliseconds a thread may hear nothing before it is ended. */
  stuckMs?: number | undefined;
}

/**
 * The worker threads, each with a warm browser. Piscina's own abort signal is not used: it ends the whole thread, and a
 * thread takes only one task that has one.
 */
export class ThreadPool {
  readonly #pool: Piscina;
  readonly #settings: WorkerSettings;
  /** The browsers each living thread has started. */
  readonly #browsers = new Map<number, Set<number>>();
  readonly #cleanups = new Set<Promise<void>>();
  readonly #ending = new Set<number>();
  readonly #browserless = new Set<number>();
  readonly #watch: ThreadWatch;
  #closing = false;
  /** Threads that ended before their time: stuck, out of memory, or by themselves. */
  lost = 0;
  readonly #threads: number;
  #browsersStarted = 0;
  #followed = 0;

  constructor({ entry, threads, settings, warn, stuckMs }: ThreadPoolOptions) {
    this.#settings = settings;
    this.#threads = threads;
    this.#pool = new Piscina({
      filename: fileURLToPath(entry),
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: JOBS_PER_THREAD,
      // The default blocks the thread's event loop between tasks, which would starve its warm browser.
      atomics: 'disabled',
      env: { ...childEnvironment(settings.temp_dir), ...cacheOf(entry) },
      workerData: settings,
      loadBalancer: placeBeside(this.#ending, this.#browserless),
    });
    this.#watch = new ThreadWatch((thread) => {
      warn('A worker thread does not answer any more and is ended, with its browser and its runs.');
      void this.terminate(thread);
    }, stuckMs);
    this.#pool.on('workerCreate', ({ id }: { id: number }) => this.#follow(id, warn));
    this.#pool.on('message', (notice: unknown) => {
      if (isPulse(notice)) this.#watch.heard(notice);
      else if (isOfBrowser(notice)) this.#noteStart(notice, warn);
      else warn(`A worker thread reports: ${String(notice)}`);
    });
    this.#pool.on('error', (error: Error) => warn(`A worker thread failed: ${error.name}`));
  }

  /** Runs a job on the least busy thread. Rejects when the thread ends under it. */
  async run(job: LoginJob, port: MessagePort, placed: (thread: number) => void): Promise<unknown> {
    try {
      return await this.#post({ job, port }, { placed }, [port]);
    } catch (error) {
      // A job itself never rejects.
      const detail = 'The worker thread of the run ended, and its browser with it.';
      throw new KeyturnError('browser_crashed', { detail, cause: error });
    }
  }

  #post(task: ThreadTask, placement: Placement, transferList: MessagePort[] = []): Promise<unknown> {
    return this.#pool.run({ ...task, [queueOptionsSymbol]: placement }, { transferList });
  }

  /** Remembers a thread's browser, so that it goes when the thread does. */
  noteBrowser(thread: number, pid: number): void {
    const known = this.#browsers.get(thread);
    if (!known || known.has(pid)) return;
    this.#browsersStarted += 1;
    known.add(pid);
  }

  #noteStart({ browser: thread, started }: BrowserNotice, warn: (text: string) => void): void {
    // Nothing of a thread that has ended: its word may come late.
    if (started || !this.#browsers.has(thread)) {
      this.#browserless.delete(thread);
      return;
    }
    if (!this.#browserless.has(thread)) warn('The browser of a worker thread does not start; it is tried again.');
    this.#browserless.add(thread);
  }

  /** Threads whose browser did not start when that was last tried. */
  get browserless(): number {
    return this.#browserless.size;
  }

  /** Browsers that were started in place of dead ones. */
  get browsersRestarted(): number {
    return Math.max(0, this.#browsersStarted - this.#threads);
  }

  #follow(thread: number, warn: (text: string) => void): void {
    // Piscina tells of the first ones at once, of those that take their places when they have loaded.
    this.#watch.began(thread, { loaded: this.#followed >= this.#threads });
    this.#followed += 1;
    const browsers = new Set<number>();
    this.#browsers.set(thread, browsers);
    this.#find(thread)?.once('exit', () => {
      this.#browsers.delete(thread);
      this.#browserless.delete(thread);
      this.#watch.ended(thread);
      this.#ending.delete(thread);
      if (!this.#closing) {
        this.lost += 1;
        warn('A worker thread ended; another takes its place.');
      }
      // A thread that was ended ran no clean-up: its browser and profile would stay.
      const cleanup = Promise.all([...browsers].map((pid) => killBrowser(pid, this.#settings.temp_dir)))
        .then(() => clearFolder(threadFolder(this.#settings.temp_dir, thread)))
        .finally(() => this.#cleanups.delete(cleanup));
      this.#cleanups.add(cleanup);
    });
  }

  #find(thread: number) {
    return this.#pool.threads.find((worker) => worker.threadId === thread);
  }

  /**
   * Ends a thread that does not answer, with all its jobs; a new one takes its place. First its browsers are killed and
   * it is given a moment to hear of it: only the thread that started a process can ask about its end, and without that
   * the process stays in the table as a zombie.
   */
  async terminate(thread: number): Promise<void> {
    if (this.#ending.has(thread)) return;
    this.#ending.add(thread);
    // Also one that no run has used yet, of which nothing was heard here.
    const found = processesOf(threadFolder(this.#settings.temp_dir, thread));
    const browsers = [...new Set([...(this.#browsers.get(thread) ?? []), ...found])];
    await this.#endBrowsers(browsers, () => interruptThread(thread));
    await this.#find(thread)?.terminate();
  }

  /** Kills browsers and waits a moment for the threads that started them, which live on until then, to hear of it. */
  async #endBrowsers(browsers: readonly number[], killed?: () => Promise<void>): Promise<void> {
    await Promise.all(browsers.map((pid) => killBrowser(pid, this.#settings.temp_dir)));
    await killed?.();
    const deadline = performance.now() + REAP_MS;
    while (browsers.some(isInTable) && performance.now() < deadline) await delay(LOOK_MS);
  }

  /** Threads that are there and hear. */
  get answering(): number {
    return this.#watch.answering;
  }

  /** Lets every thread close its browser, then ends them. No job may be running. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#watch.stop();
    const threads = this.#pool.threads.map((worker) => worker.threadId);
    const timeout = new Promise<void>((resolve) => {
      setTimeout(resolve, this.#watch.loading ? CLOSE_MS.loading : CLOSE_MS.loaded).unref();
    });
    const closed = threads.map((thread) => this.#post({ close: true }, { thread }).catch(() => undefined));
    await Promise.race([Promise.all(closed), timeout]);
    // One that hangs, or was still being started.
    await this.#endBrowsers(processesOf(this.#settings.temp_dir));
    await this.#pool.destroy();
    await Promise.all(this.#cleanups);
  }
}
