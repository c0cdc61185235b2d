import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { killBrowser, processesOf } from '../../src/browser/reaper.ts';
import { WarmBrowser } from '../../src/browser/warm-browser.ts';
import { processesUsing } from '../support/processes.ts';

/** No context is opened: nothing goes there. */
const egress = { server: 'http://127.0.0.1:9', secret: 'none' };
const env = () => ({ PATH: process.env.PATH ?? '', HOME: tmpdir(), TMPDIR: tmpdir() });

test.each(['the browser itself', 'a wrapper script'])(
  'a kill through %s ends every process and removes the profile',
  async (what) => {
    const folder = tmpdir();
    const wrapper = path.join(folder, 'chromium-wrapper');
    writeFileSync(wrapper, `#!/bin/sh\n"${inject('chromium')}" "$@"\nexit $?\n`);
    chmodSync(wrapper, 0o755);
    const executable = what === 'a wrapper script' ? wrapper : inject('chromium');
    const warm = new WarmBrowser({ executable, artifactsDir: folder, env: env() }, egress);
    const { browser, pid } = await warm.get();
    const gone = new Promise((resolve) => browser.once('disconnected', resolve));
    const profiles = () => readdirSync(folder).filter((name) => name.startsWith('playwright_'));
    expect(profiles()).toHaveLength(1);
    // Only what was started from the folder is killed, whatever the pid.
    await killBrowser(pid, path.join(folder, 'other'));
    expect(browser.isConnected()).toBe(true);
    await killBrowser(pid, folder);
    await gone;
    await expect.poll(() => processesUsing(folder).filter(({ state }) => state !== 'Z')).toEqual([]);
    await expect.poll(profiles).toEqual([]);
    rmSync(wrapper);
    await warm.close();
  },
);

test('another program that was given the folder is not a browser', async () => {
  const program = spawn('/bin/sleep', ['30'], { env: env() });
  await once(program, 'spawn');
  expect(processesUsing(tmpdir()).map(({ pid }) => pid)).toContain(program.pid);
  expect(processesOf(tmpdir())).toEqual([]);
  program.kill();
  await once(program, 'close');
});
