import { expect, test } from 'vitest';
import { JOBS_PER_THREAD, type JobReply, type LoginExecutor } from '../../src/execution/protocol.ts';
import { startService } from '../support/service.ts';

/** Every job of it waits for an approval on another device until one is let go. */
class WaitingExecutor implements LoginExecutor {
  readonly #waiting: (() => void)[] = [];
  #jobs = 0;
  /** Jobs it had at a time, at most. */
  most = 0;

  async execute(...[, handlers]: Parameters<LoginExecutor['execute']>): Promise<JobReply> {
    this.#jobs += 1;
    this.most = Math.max(this.most, this.#jobs);
    handlers.event({ event: 'awaiting', data: { state: 'started' } });
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#jobs -= 1;
    handlers.contextClosed();
    return { kind: 'aborted', reason: 'timed_out', stage: null };
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets the one go that has waited longest. */
  letGo(): void {
    this.#waiting.shift()?.();
  }

  async check(): Promise<void> {}

  health() {
    return { threads: 1, answering: 1, browserless: 0, runs: this.#jobs, threads_lost: 0, browsers_restarted: 0 };
  }

  async close(): Promise<void> {}
}

test('no more runs are claimed than the threads take, however many of them only wait', {
  timeout: 60_000,
}, async () => {
  const executor = new WaitingExecutor();
  const env = { KEYTURN_WORKERS: '1', KEYTURN_RUNS_PER_WORKER: '2', KEYTURN_LOGINS_PER_SECOND: '1000' };
  const service = await startService(env, { executor });
  try {
    const runs = [];
    for (let at = 0; at < JOBS_PER_THREAD + 2; at += 1) {
      const login = { url: 'http://127.0.0.1:9/', username: `user${at}`, password: 'kt-waiting-77d1' };
      const { status, body } = await service.call('POST', '/v1/credentials/test-login', login);
      expect(status).toBe(200);
      runs.push(body);
    }
    // Each that goes makes room for one that is queued.
    for (let gone = 0; gone < runs.length; gone += 1) {
      const left = Math.min(JOBS_PER_THREAD, runs.length - gone);
      await expect.poll(() => executor.waiting, { timeout: 20_000 }).toBeGreaterThanOrEqual(left);
      executor.letGo();
    }
    for (const run of runs) expect(await service.finished(run)).toMatchObject({ status: 'timed_out' });
    expect(executor.most).toBe(JOBS_PER_THREAD);
  } finally {
    await service.close();
  }
});
