import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FragileBrowser, makeFragileBrowser } from '../support/fragile-browser.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';

let browser: FragileBrowser;
let practice: Practice;
let service: Service;
beforeEach(async () => {
  browser = await makeFragileBrowser();
  practice = await startPractice();
  service = await startService({ KEYTURN_CHROMIUM: browser.executable });
});
afterEach(async () => {
  await service.close();
  await practice.close();
  await browser.remove();
});

async function testLogin() {
  const { username, password } = practice.ada;
  const url = practice.site.url('classic');
  const answer = await service.call('POST', '/v1/credentials/test-login', { url, username, password });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** How many threads are said to be without a browser, where metrics are read. */
async function browserless(): Promise<string | undefined> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return /^keyturn_pool_browserless (\d+)$/m.exec(text)?.[1];
}

const ready = () => service.call('GET', '/health/ready');

test('a run whose browser does not start waits for one that does, and the service says so', {
  timeout: 180_000,
}, async () => {
  expect(await service.finished(await testLogin())).toMatchObject({ outcome: 'logged_in' });
  await browser.breakDown();
  const run = await testLogin();
  await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(503);
  expect((await ready()).body.parts.browser).toMatch(/does not start/);
  expect(await browserless()).toBe('1');
  expect((await service.call('GET', `/v1/runs/${run.workflow_run_id}`)).body).toMatchObject({ outcome: null });
  await browser.repair();
  await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(200);
  expect(await browserless()).toBe('0');
  expect(await service.finished(run)).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
});

test('where no browser starts for long, runs end by and by, with what to look at', { timeout: 240_000 }, async () => {
  await browser.breakDown();
  const runs = [await testLogin()];
  await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(503);
  runs.push(await testLogin());
  const first = await service.finished(runs[0]);
  expect(first).toMatchObject({
    status: 'failed',
    outcome: 'internal',
    outcome_details: { error: 'no_browser' },
    verdict: 'unknown',
  });
  expect(first.failure_reason).toMatch(/^The browser did not start before anything was typed; .*temporary folder/);
  // One run at a time finds out whether it is still so.
  expect((await service.call('GET', `/v1/runs/${runs[1].workflow_run_id}`)).body.status).toBe('queued');
  await browser.repair();
  expect(await service.finished(runs[1])).toMatchObject({ outcome: 'logged_in' });
  expect(practice.site.attempts(practice.ada.username).password).toBe(1);
});
