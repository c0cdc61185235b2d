import { tmpdir } from 'node:os';
import { chromium } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { FIXED_OPTIONS } from '../../src/browser/context-options.ts';
import { launchOptions } from '../../src/browser/launch-options.ts';
import { type Service, startService } from '../support/service.ts';
import { type HostileSite, REBINDING, SILENT, startHostileSite } from './hostile-site.ts';
import { type InnerListener, startInnerListener } from './inner-listener.ts';

const account = { username: 'nadia', password: 'a password of hers 7' };
let inner: InnerListener;
let site: HostileSite;

beforeAll(async () => {
  inner = await startInnerListener(SILENT);
  site = await startHostileSite(inner, account);
});

afterAll(async () => {
  await site.close();
  await inner.close();
});

test('without the proxy its page reaches the inner listener by many channels', async () => {
  const browser = await chromium.launch({
    ...launchOptions({ executable: inject('chromium'), artifactsDir: tmpdir() }),
    args: [
      ...(launchOptions({ executable: '', artifactsDir: '' }).args ?? []),
      `--host-resolver-rules=MAP ${REBINDING} 127.0.0.1`,
    ],
  });
  try {
    const page = await (await browser.newContext(FIXED_OPTIONS)).newPage();
    await page.goto(`${site.url}/login`, { waitUntil: 'commit' });
    await page.waitForSelector('input[type="password"]');
  } finally {
    await browser.close();
  }
  console.log(`without the proxy ${inner.reached.size} channels reached it: ${[...inner.reached].sort().join(' ')}`);
  expect(inner.reached.size).toBeGreaterThanOrEqual(12);
  expect(site.tried.length).toBeGreaterThanOrEqual(25);
});

test('in a run none of them does, and the login works', async () => {
  inner.reached.clear();
  site.tried.length = 0;
  let asked = 0;
  const lookup = async (host: string) => {
    if (host !== REBINDING) throw new Error('no such name');
    asked += 1;
    return [asked === 1 ? '127.0.0.2' : '127.0.0.1'];
  };
  const service: Service = await startService({ KEYTURN_ALLOW_NETWORKS: '127.0.0.2/32' }, { lookup });
  try {
    const started = await service.call('POST', '/v1/credentials/test-login', { url: `${site.url}/login`, ...account });
    const run = await service.finished(started.body);
    expect(run, JSON.stringify([run.failure_reason, run.evidence])).toMatchObject({ outcome: 'logged_in' });
    const { text } = run.evidence.find(({ signal }: { signal: string }) => signal === 'egress_stopped');
    console.log(text);
    expect(Number(/\((\d+)\)/.exec(text)?.[1])).toBeGreaterThanOrEqual(25);
    expect(site.tried.length).toBeGreaterThanOrEqual(25);
    expect(asked).toBeGreaterThanOrEqual(2);
    const away = await service.call('POST', '/v1/credentials/test-login', { url: `${site.url}/pop-up`, ...account });
    expect(await service.finished(away.body)).toMatchObject({
      outcome: 'egress_denied',
      outcome_details: { address: '127.0.0.1', reason: 'address', target: `http://127.0.0.1:${inner.port}` },
    });
  } finally {
    await service.close();
  }
  expect([...inner.reached]).toEqual([]);
}, 120_000);
