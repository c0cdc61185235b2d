import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { createInlineExecutor } from '../../src/execution/inline-executor.ts';
import type { LoginExecutor } from '../../src/execution/protocol.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { startEgress } from '../support/egress.ts';
import { oddEngine } from './odd-engine.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

let site: SmallSite;
let executor: LoginExecutor;
let egress: EgressProxy;

beforeAll(async () => {
  site = await startSmallSite();
  egress = await startEgress(['127.0.0.1/32']);
  executor = await createInlineExecutor({
    executable: inject('chromium'),
    runsPerWorker: 2,
    engine: oddEngine,
    egress,
  });
});

afterAll(async () => {
  await executor.close();
  await egress.close();
  await site.close();
});

test('runs a job in this thread with the same answers', async () => {
  await executor.check();
  const handlers = new RecordedHandlers();
  const reply = await executor.execute(oddJob(site.url, 'secrets'), handlers, new AbortController().signal);
  expect(reply).toMatchObject({ kind: 'outcome', outcome: { code: 'wrong_credentials' } });
  expect(handlers.told).toHaveLength(4);
  expect(handlers.closed).toBe(1);
});

test('stops at once when told to', async () => {
  const abort = new AbortController();
  const handlers = new RecordedHandlers();
  const reply = executor.execute(oddJob(`${site.url}inline`, 'deaf'), handlers, abort.signal);
  await site.arrived('/inline');
  abort.abort('timed_out');
  expect(await reply).toEqual({ kind: 'aborted', reason: 'timed_out', stage: null });
  expect(handlers.closed).toBe(1);
});

test('a browser that is not there is our failure', async () => {
  const other = await createInlineExecutor({ executable: '/nonexistent', runsPerWorker: 1, engine: oddEngine, egress });
  await expect(other.check()).rejects.toMatchObject({ code: 'no_browser' });
  const reply = await other.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
  expect(reply).toMatchObject({ kind: 'error', error: { code: 'no_browser' } });
  await other.close();
  await expect(other.check()).rejects.toMatchObject({ code: 'unavailable' });
});

test('a malformed job is refused by the place it is malformed at, not by its value', async () => {
  const job = { ...oddJob(site.url, 'title'), planner: 'a secret' as unknown as boolean };
  const reply = await executor.execute(job, new RecordedHandlers(), new AbortController().signal);
  expect(reply).toMatchObject({
    kind: 'error',
    error: { code: 'internal', detail: expect.stringContaining('/planner') },
  });
  expect(JSON.stringify(reply)).not.toContain('secret');
});
