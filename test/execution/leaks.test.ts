import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { openServiceFolder, processesOf, sweepDeadServices } from '../../src/browser/reaper.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { kill, processesUsing } from '../support/processes.ts';

const program = fileURLToPath(new URL('small-service.ts', import.meta.url));
let root: string;
let site: SmallSite;
let child: ChildProcessWithoutNullStreams;
let output = '';

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'leaks-'));
  site = await startSmallSite();
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  for (const { pid } of processesUsing(root)) kill(pid);
  await site.close();
  rmSync(root, { recursive: true, force: true });
});

/** Starts the small service and waits until its run is in the middle of the phase. */
async function serve(phase: string): Promise<void> {
  output = '';
  child = spawn(process.execPath, [program, inject('chromium'), root, site.url, phase], {
    env: {
      PATH: process.env.PATH,
      HOME: root,
      TMPDIR: tmpdir(),
      DATABASE_URL: 'postgresql://secret',
      KEYTURN_API_KEY: 'x',
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  child.once('close', () => site.requests.push('ended /running'));
  await site.arrived('/running');
}

/** Processes that are more than an entry in the table. */
const alive = () => processesUsing(root).filter(({ pid, state }) => state !== 'Z' && pid !== child.pid);

test('a service that ends leaves no process and no file, and its browser knew no secret of the environment', async () => {
  await serve('deaf');
  expect(alive().length).toBeGreaterThan(0);
  expect(
    alive()
      .map(({ environment }) => environment)
      .join(),
  ).not.toMatch(/KEYTURN_|DATABASE_URL/);
  child.stdin.write('stop\n');
  await once(child, 'close');
  expect(output).toContain('"kind":"aborted","reason":"canceled"');
  expect(output).toContain('done');
  expect(alive()).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
});

test('a browser killed from outside ends its run, not the service', async () => {
  await serve('deaf');
  const browser = alive().find(({ command }) => /--user-data-dir/.test(command) && !/--type=/.test(command));
  kill(-(browser?.pid ?? 0));
  await once(child, 'close');
  expect(output).toMatch(/reply .*browser_crashed.* closed 1/);
  expect(output).toContain('next outcome');
  expect(alive()).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
});

test('a thread that hears nothing is ended after its browser, and another takes its place', async () => {
  await serve('stuck');
  child.stdin.write('stop\n');
  await once(child, 'close');
  expect(output).toMatch(/reply .*"kind":"aborted","reason":"canceled".* closed 1/);
  expect(output).toContain('next outcome');
  expect(alive()).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
}, 30_000);

test('a browser that hears nothing is killed', async () => {
  await serve('deaf');
  for (const { pid, command } of alive()) if (/--user-data-dir/.test(command)) process.kill(pid, 'SIGSTOP');
  child.stdin.write('stop\n');
  await once(child, 'close');
  expect(output).toMatch(/reply .*"kind":"aborted".* closed 1/);
  expect(output).toContain('next outcome');
  expect(alive()).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
}, 30_000);

test('what a killed service leaves is gone after the next start, a living neighbour’s is not', async () => {
  await serve('deaf');
  const neighbour = await openServiceFolder(root);
  const [own = ''] = readdirSync(root).filter((name) => path.join(root, name) !== neighbour.path);
  // A browser that hangs does not notice that its service is gone.
  const hanging = alive();
  for (const { pid } of hanging) process.kill(pid, 'SIGSTOP');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(processesOf(path.join(root, own)).length).toBeGreaterThan(0);
  expect(await sweepDeadServices(root)).toEqual([path.join(root, own)]);
  await expect.poll(alive).toEqual([]);
  expect(readdirSync(root)).toEqual([path.basename(neighbour.path)]);
  await neighbour.remove();
  expect(readdirSync(root)).toEqual([]);
});

test('folders that only look like ours stay', async () => {
  child = spawn('/bin/true');
  rmSync(path.join(root, 'none'), { force: true });
  const other = mkdtempSync(path.join(root, 'keyturn-notes-'));
  expect(await sweepDeadServices(root)).toEqual([]);
  expect(readdirSync(root)).toEqual([path.basename(other)]);
});
