import { tmpdir } from 'node:os';
import { type Browser, chromium } from 'playwright';
import { launchOptions } from '../src/browser/launch-options.ts';
import type { Bench } from './service-under-bench.ts';

/** A browser for the hand-written side: the same build and switches, kept warm like the service's. */
export function launchByHand(executable: string): Promise<Browser> {
  return chromium.launch(launchOptions({ executable, artifactsDir: tmpdir() }));
}

/**
 * What a person would write for this one page: fixed selectors, one submission, wait for the page behind it; through the
 * same egress proxy. Returns milliseconds from the new context to the proof.
 */
export async function logInByHand(
  browser: Browser,
  { site, account, admit }: Pick<Bench, 'site' | 'account' | 'admit'>,
): Promise<number> {
  const started = performance.now();
  const { pass, release } = admit();
  const context = await browser.newContext({ proxy: pass });
  const page = await context.newPage();
  await page.goto(site.url('classic'));
  await page.fill('input[name="username"]', account.username);
  await page.fill('input[type="password"]', account.password);
  await page.click('button[type="submit"]');
  await page.getByText('Log out').first().waitFor();
  const took = performance.now() - started;
  await context.close();
  release();
  return took;
}
