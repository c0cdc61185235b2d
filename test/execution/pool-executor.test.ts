import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { createPoolExecutor } from '../../src/execution/pool-executor.ts';
import type { LoginExecutor } from '../../src/execution/protocol.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { startEgress } from '../support/egress.ts';
import { descendantsOf, processesUsing } from '../support/processes.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

const entry = new URL('odd-worker.ts', import.meta.url);
const warnings: string[] = [];
let site: SmallSite;
let executor: LoginExecutor;
let egress: EgressProxy;

beforeAll(async () => {
  site = await startSmallSite();
  egress = await startEgress(['127.0.0.1/32']);
  executor = await createPoolExecutor({
    executable: inject('chromium'),
    workers: 1,
    runsPerWorker: 4,
    entry,
    egress,
    warn: (text) => warnings.push(text),
  });
});

afterAll(async () => {
  await executor.close();
  await egress.close();
  await site.close();
});

/** One beside it, with a place for each of its threads. */
const another = (workers = 1) =>
  createPoolExecutor({ executable: inject('chromium'), workers, runsPerWorker: 1, entry, egress });

function run(phase: string, abort = new AbortController(), path = '') {
  const handlers = new RecordedHandlers();
  const reply = executor.execute(oddJob(site.url + path, phase), handlers, abort.signal);
  return { handlers, reply, abort };
}

test('a service that is closed while it starts leaves nothing', async () => {
  const short = await another(2);
  await short.check();
  await short.close();
  await expect(short.check()).rejects.toMatchObject({ code: 'unavailable' });
  const reply = await short.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
  expect(reply).toEqual({ kind: 'aborted', reason: 'shutdown', stage: null });
});

test('a thread that is stuck before any run has used its browser leaves nothing of it', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'doomed-'));
  const settings = {
    executable: inject('chromium'),
    workers: 1,
    runsPerWorker: 1,
    egress,
    tempRoot: root,
    stuckMs: 5_000,
  };
  const short = await createPoolExecutor({ ...settings, entry: new URL('doomed-worker.ts', import.meta.url) });
  try {
    await expect.poll(() => short.health().threads_lost, { timeout: 60_000 }).toBe(1);
    const reply = short.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
    expect(await reply).toMatchObject({ kind: 'outcome' });
    const folder = path.join(root, readdirSync(root)[0] ?? '');
    const profiles = () => {
      const names = readdirSync(folder);
      const within = names.filter((name) => name.startsWith('thread-'));
      const all = [...names, ...within.flatMap((name) => readdirSync(path.join(folder, name)))];
      return all.filter((name) => name.startsWith('playwright_chromiumdev_profile'));
    };
    await expect.poll(profiles).toHaveLength(1);
    expect(processesUsing(folder).filter(({ command }) => /--user-data-dir/.test(command))).toHaveLength(1);
  } finally {
    await short.close();
    rmSync(root, { recursive: true });
  }
});

test('closing ends running jobs and tells so', async () => {
  const short = await another();
  const [running, queued] = [new RecordedHandlers(), new RecordedHandlers()];
  const replies = [
    short.execute(oddJob(`${site.url}closing`, 'deaf'), running, new AbortController().signal),
    short.execute(oddJob(`${site.url}unseen`, 'title'), queued, new AbortController().signal),
  ];
  await site.arrived('/closing');
  await short.close();
  for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ kind: 'aborted', reason: 'shutdown' });
  expect([running.closed, queued.closed]).toEqual([1, 1]);
  expect(site.requests.join()).not.toContain('unseen');
});

test.runIf(process.platform === 'linux')('closing reaps a browser that hears nothing', async () => {
  const browsers = () =>
    descendantsOf(process.pid).filter(({ command }) => /--user-data-dir/.test(command) && !/--type=/.test(command));
  const others = new Set(browsers().map(({ pid }) => pid));
  const short = await another();
  const reply = await short.execute(oddJob(site.url, 'title'), new RecordedHandlers(), new AbortController().signal);
  expect(reply).toMatchObject({ kind: 'outcome' });
  const own = browsers().filter(({ pid }) => !others.has(pid));
  expect(own).toHaveLength(1);
  for (const { pid } of own) process.kill(pid, 'SIGSTOP');
  await short.close();
  // Not even as one that has ended and that nobody asked about.
  expect(descendantsOf(process.pid).filter(({ pid }) => own.some((browser) => browser.pid === pid))).toEqual([]);
});

test('runs are spread over the threads', async () => {
  const two = await createPoolExecutor({ executable: inject('chromium'), workers: 2, runsPerWorker: 1, entry, egress });
  const handlers = [new RecordedHandlers(), new RecordedHandlers()];
  const stop = new AbortController();
  // With one busy run in a thread, both are at their sites only if they are in different threads.
  const replies = handlers.map((own, index) =>
    two.execute(oddJob(`${site.url}spread${index}`, 'deaf'), own, stop.signal),
  );
  await Promise.all([site.arrived('/spread0'), site.arrived('/spread1')]);
  stop.abort('canceled');
  await Promise.all(replies);
  await two.close();
});

test('a thread in an endless loop is noticed and replaced, and its runs end as what happened to them', async () => {
  const said: string[] = [];
  const warn = (text: string) => said.push(text);
  const two = await createPoolExecutor({
    executable: inject('chromium'),
    workers: 1,
    runsPerWorker: 4,
    egress,
    entry,
    warn,
    stuckMs: 4_000,
  });
  const start = (phase: string) => {
    const handlers = new RecordedHandlers();
    return { handlers, reply: two.execute(oddJob(site.url, phase), handlers, new AbortController().signal) };
  };
  const neighbour = start('wait');
  await neighbour.handlers.codeAsked.promise;
  const stuck = start('stuck');
  for (const { reply, handlers } of [stuck, neighbour]) {
    expect(await reply).toEqual({
      kind: 'error',
      error: { code: 'browser_crashed', detail: 'The worker thread of the run ended, and its browser with it.' },
    });
    expect(handlers.closed).toBe(1);
  }
  expect(await start('title').reply).toMatchObject({ kind: 'outcome', outcome: { code: 'logged_in' } });
  await two.check();
  expect(two.health()).toEqual({
    threads: 1,
    answering: 1,
    browserless: 0,
    runs: 0,
    threads_lost: 1,
    browsers_restarted: 1,
  });
  expect(said.join()).toContain('does not answer any more');
  await two.close();
}, 60_000);

describe('a job', () => {
  test('runs in a fresh context with our own options', async () => {
    const { handlers, reply } = run('title');
    expect(await reply).toMatchObject({
      kind: 'outcome',
      outcome: {
        code: 'logged_in',
        details: { title: 'Small site', options: { locale: 'en-US', viewport: { width: 1280, height: 800 } } },
      },
    });
    expect(handlers.closed).toBe(1);
  });

  test('asks and tells over its port, and all of it arrives before the reply', async () => {
    const { handlers, reply } = run('secrets');
    expect(await reply).toMatchObject({
      kind: 'outcome',
      outcome: { code: 'wrong_credentials', details: { permission: { granted: true }, length: 13 } },
    });
    expect(handlers.told).toEqual([
      'may-submit password http://127.0.0.1',
      'credential',
      'event stage {"stage":"password"}',
      'artifact a.png 3',
    ]);
  });

  test('whose engine throws ends as our failure, without foreign words', async () => {
    const { handlers, reply } = run('throws');
    expect(await reply).toEqual({
      kind: 'error',
      error: { code: 'internal', detail: 'Something went wrong on our side.' },
    });
    expect(handlers.closed).toBe(1);
  });

  test('whose time is used up is timed out', async () => {
    expect(await run('limit').reply).toEqual({ kind: 'aborted', reason: 'timed_out', stage: null });
  });

  test('is refused what main refuses', async () => {
    const { handlers, reply } = run('code');
    await handlers.codeAsked.promise;
    handlers.code.reject(new Error('a secret'));
    expect(await reply).toMatchObject({
      kind: 'error',
      error: { code: 'internal', detail: expect.not.stringContaining('secret') },
    });
  });

  test('that leaves a rejection behind does not end its thread', async () => {
    const waiting = run('wait');
    await waiting.handlers.codeAsked.promise;
    expect(await run('late-throw').reply).toMatchObject({ kind: 'outcome' });
    expect(warnings.join()).toContain('unhandled Error');
    expect(warnings.join()).not.toContain('nobody listens');
    waiting.handlers.code.resolve({ code: '123456', notes: [] });
    expect(await waiting.reply).toMatchObject({ kind: 'outcome', outcome: { code: 'logged_in' } });
  });

  test('takes no place among the busy ones while it waits for a code, and gets it back first', async () => {
    const waiting = [run('wait'), run('wait'), run('wait'), run('wait')];
    for (const { handlers } of waiting) await handlers.codeAsked.promise;
    expect(await run('title').reply).toMatchObject({ kind: 'outcome' });
    for (const { handlers } of waiting) handlers.code.resolve({ code: '123456', notes: [] });
    for (const { reply } of waiting) expect(await reply).toMatchObject({ kind: 'outcome' });
  });
});

describe('a crash', () => {
  test('of a page ends its own run only', async () => {
    const neighbour = run('wait');
    await neighbour.handlers.codeAsked.promise;
    expect(await run('crash-page').reply).toMatchObject({ kind: 'error', error: { code: 'browser_crashed' } });
    neighbour.handlers.code.resolve({ code: '123456', notes: [] });
    expect(await neighbour.reply).toMatchObject({ outcome: { code: 'logged_in', details: { title: 'Small site' } } });
  });

  test('of the browser ends its runs, and the next run has a new browser', async () => {
    const neighbour = run('wait');
    await neighbour.handlers.codeAsked.promise;
    const before = executor.health().browsers_restarted;
    const crashed = run('crash-browser');
    expect(await crashed.reply).toMatchObject({ kind: 'error', error: { code: 'browser_crashed' } });
    expect(await neighbour.reply).toMatchObject({ kind: 'error', error: { code: 'browser_crashed' } });
    expect([crashed.handlers.closed, neighbour.handlers.closed]).toEqual([1, 1]);
    expect(await run('title').reply).toMatchObject({ kind: 'outcome', outcome: { code: 'logged_in' } });
    expect(executor.health().browsers_restarted).toBe(before + 1);
  });

  test('while a run waits for somebody outside takes no place along', async () => {
    const one = await another();
    const start = (phase: string, path = '', handlers = new RecordedHandlers()) => {
      const stop = new AbortController();
      return { handlers, stop, reply: one.execute(oddJob(site.url + path, phase), handlers, stop.signal) };
    };
    const crash = Promise.withResolvers<void>();
    const handlers = new RecordedHandlers();
    handlers.maySubmit = async () => {
      await crash.promise;
      return { granted: true };
    };
    const waiting = start('crash-outside', '', handlers);
    await handlers.heard(/awaiting/);
    const busy = start('deaf', 'has-the-place');
    await site.arrived('/has-the-place');
    crash.resolve();
    expect(await waiting.reply).toMatchObject({ kind: 'error', error: { code: 'browser_crashed' } });
    busy.stop.abort('canceled');
    await busy.reply;
    expect(await start('title').reply).toMatchObject({ kind: 'outcome', outcome: { code: 'logged_in' } });
    await one.close();
  });
});
