import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { createPoolExecutor } from '../../src/execution/pool-executor.ts';
import type { LoginExecutor } from '../../src/execution/protocol.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { startEgress } from '../support/egress.ts';
import { type FragileBrowser, makeFragileBrowser } from '../support/fragile-browser.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

let site: SmallSite;
let egress: EgressProxy;
let browser: FragileBrowser;
let executor: LoginExecutor;
beforeAll(async () => {
  site = await startSmallSite();
  egress = await startEgress(['127.0.0.1/32']);
  browser = await makeFragileBrowser();
  executor = await createPoolExecutor({
    executable: browser.executable,
    workers: 2,
    runsPerWorker: 4,
    entry: new URL('odd-worker.ts', import.meta.url),
    egress,
  });
});
afterAll(async () => {
  await executor.close();
  await browser.remove();
  await egress.close();
  await site.close();
});

const PATIENCE = { timeout: 60_000 };

/** Four jobs at a time: the threads share them. */
function runFour() {
  const job = () => executor.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
  return Promise.all([job(), job(), job(), job()]);
}

test('a thread whose browser does not start gets no run while another can take it', { timeout: 180_000 }, async () => {
  expect((await runFour()).map(({ kind }) => kind)).toEqual(['outcome', 'outcome', 'outcome', 'outcome']);
  expect(browser.running()).toBe(2);
  await browser.breakDown(1);
  const found = await runFour();
  expect(found.filter((reply) => reply.kind === 'error' && reply.error.code === 'no_browser')).not.toEqual([]);
  await expect.poll(() => executor.health().browserless, PATIENCE).toBe(1);
  expect((await runFour()).map(({ kind }) => kind)).toEqual(['outcome', 'outcome', 'outcome', 'outcome']);
  await executor.check();

  await browser.breakDown();
  await runFour();
  await expect.poll(() => executor.health().browserless, PATIENCE).toBe(2);
  await expect(executor.check()).rejects.toMatchObject({ code: 'no_browser' });

  // Nobody asks for one: it is tried again by itself.
  await browser.repair();
  await expect.poll(() => executor.health().browserless, PATIENCE).toBe(0);
  await executor.check();
  expect((await runFour()).map(({ kind }) => kind)).toEqual(['outcome', 'outcome', 'outcome', 'outcome']);
});
