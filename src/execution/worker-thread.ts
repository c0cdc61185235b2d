import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { threadFolder } from '../browser/reaper.ts';
import { NICENESS } from '../browser/stand-back.ts';
import { useTempDir } from '../config.ts';
import { parse, type WorkerSettings } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { createJobHost, type Engine, runJob } from './run-job.ts';
import type { BrowserNotice, ThreadTask } from './thread-pool.ts';
import type { PulseNotice } from './thread-watch.ts';

/** Only Linux gives a thread a niceness of its own; elsewhere the whole process would stand back. */
function standBack(): void {
  if (process.platform === 'linux') setPriority(0, NICENESS);
}

/**
 * Everything temporary goes to a folder of this thread's own: when it ends, whatever it was at, that goes as a whole.
 * Where none can be made (a full disk) it goes to that of all threads, and a browser that does not start says why.
 */
function ownSettings(): WorkerSettings {
  const settings = parse('settings', workerData);
  const folder = threadFolder(settings.temp_dir, threadId);
  try {
    mkdirSync(folder);
  } catch {
    return settings;
  }
  useTempDir(folder);
  return { ...settings, temp_dir: folder };
}

/**
 * Makes this thread a login worker: returns what the pool calls with each task. A rejection nobody handles would end
 * the thread and every run in it, so it is reported by error name and place instead: its message may quote a page.
 */
export function serveJobs(engine: Engine): (task: ThreadTask) => Promise<unknown> {
  standBack();
  const pulse = new Pulse(() => parentPort?.postMessage({ pulse: threadId } satisfies PulseNotice));
  const host = createJobHost(ownSettings(), pulse, (started) =>
    parentPort?.postMessage({ browser: threadId, started } satisfies BrowserNotice),
  );
  host.contexts.prepareNext();
  process.on('unhandledRejection', (reason) => {
    const place = reason instanceof Error ? reason.stack?.match(/\n\s+at .*/)?.[0].trim() : undefined;
    parentPort?.postMessage(`unhandled ${reason instanceof Error ? reason.name : typeof reason} ${place ?? ''}`);
  });
  return async (task) => {
    if ('close' in task) return host.close();
    return runJob(task.job, task.port, host, engine);
  };
}
