import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { createPoolExecutor } from '../../src/execution/pool-executor.ts';
import type { LoginExecutor } from '../../src/execution/protocol.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { startEgress } from '../support/egress.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

/** The promise is 250 ms; a test machine with two busy cores gets more room. The measured time is printed. */
const BOUND = 1_000;

const entry = new URL('odd-worker.ts', import.meta.url);
let site: SmallSite;
let executor: LoginExecutor;
let egress: EgressProxy;

beforeAll(async () => {
  site = await startSmallSite();
  egress = await startEgress(['127.0.0.1/32']);
  executor = await createPoolExecutor({ executable: inject('chromium'), workers: 1, runsPerWorker: 2, entry, egress });
  await executor.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
});

afterAll(async () => {
  await executor.close();
  await egress.close();
  await site.close();
});

/** Starts a run, waits until it is in the middle of its phase, stops it, and returns how long its contexts stayed. */
async function stopIn(phase: string, path: string, inPhase: (handlers: RecordedHandlers) => Promise<unknown>) {
  const handlers = new RecordedHandlers();
  const abort = new AbortController();
  const neighbour = new RecordedHandlers();
  const other = executor.execute(oddJob(site.url, 'wait'), neighbour, new AbortController().signal);
  await neighbour.codeAsked.promise;
  const reply = executor.execute(oddJob(`${site.url}${path}`, phase), handlers, abort.signal);
  await inPhase(handlers);
  const stopped = performance.now();
  abort.abort('canceled');
  expect(await reply).toEqual({ kind: 'aborted', reason: 'canceled', stage: null });
  const milliseconds = handlers.closedAt - stopped;
  console.log(`contexts closed ${milliseconds.toFixed(0)} ms after a cancel in: ${phase} ${path}`);
  expect(handlers.closed).toBe(1);
  expect(milliseconds).toBeLessThan(BOUND);
  neighbour.code.resolve({ code: '123456', notes: [] });
  expect(await other).toMatchObject({ kind: 'outcome', outcome: { code: 'logged_in' } });
}

describe('a cancel closes the contexts at once, and leaves the neighbour alone,', () => {
  test('while a server never answers', () => stopIn('goto', 'never', () => site.arrived('/never')));
  test('while a page is in an endless loop', () =>
    stopIn('loop', 'in-loop', () => site.arrived('/in-loop').then(() => delay(150))));
  test('while a screenshot is taken', () =>
    stopIn('screenshot', 'shot', () => site.arrived('/shot').then(() => delay(100))));
  test('while contexts are opened', () =>
    stopIn('contexts', 'more', () => site.arrived('/more').then(() => delay(100))));
  test('while the session is read', () =>
    stopIn('storage', 'state', () => site.arrived('/state').then(() => delay(100))));
  test('while a code is awaited', () => stopIn('code', '', (handlers) => handlers.codeAsked.promise));
  test('while the engine hears nothing', () =>
    stopIn('deaf', 'deaf', () => site.arrived('/deaf').then(() => delay(50))));
});

test('a run that is stopped before it begins opens nothing', async () => {
  const handlers = new RecordedHandlers();
  const reply = await executor.execute(oddJob(`${site.url}unseen`, 'title'), handlers, AbortSignal.abort('shutdown'));
  expect(reply).toEqual({ kind: 'aborted', reason: 'shutdown', stage: null });
  expect(handlers.closed).toBe(1);
  expect(site.requests.join()).not.toContain('unseen');
});

test('a run that waits for its turn is stopped there', async () => {
  const busy = [1, 2].map(() => {
    const abort = new AbortController();
    return { abort, reply: executor.execute(oddJob(site.url, 'deaf'), new RecordedHandlers(), abort.signal) };
  });
  const handlers = new RecordedHandlers();
  const abort = new AbortController();
  const reply = executor.execute(oddJob(`${site.url}unseen`, 'title'), handlers, abort.signal);
  setTimeout(() => abort.abort('timed_out'), 300);
  expect(await reply).toEqual({ kind: 'aborted', reason: 'timed_out', stage: null });
  expect(site.requests.join()).not.toContain('unseen');
  for (const run of busy) run.abort.abort('canceled');
  for (const run of busy) expect(await run.reply).toMatchObject({ kind: 'aborted', reason: 'canceled' });
});
