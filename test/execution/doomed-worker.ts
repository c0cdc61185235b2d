import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { serveJobs } from '../../src/execution/worker-thread.ts';
import { oddEngine } from './odd-engine.ts';

/** Of the threads of one service the first is stuck as soon as its browser is there, before any run. */
function isFirst(): boolean {
  try {
    mkdirSync(path.join(workerData.temp_dir, 'doomed'));
    return true;
  } catch {
    return false;
  }
}

function isStarted(folder: string): boolean {
  const profile = readdirSync(folder).find((name) => name.startsWith('playwright_chromiumdev_profile'));
  return profile !== undefined && readdirSync(path.join(folder, profile)).length > 0;
}

export default serveJobs(oddEngine);

if (isFirst()) {
  const timer = setInterval(() => {
    if (!isStarted(process.env.TMPDIR ?? '')) return;
    clearInterval(timer);
    for (;;);
  }, 20);
}
