import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright';
import { KeyturnError } from '../errors.ts';

/** Milliseconds anything that is asked of a browser outside of a page may take, on a busy machine. */
const ANSWER_MS = 45_000;

/**
 * Waits for something that is asked of a browser, as long as that lives and answers: a call that is under way when a
 * browser is killed does not always settle. Throws `browser_crashed` instead, also for what the call itself made of it.
 */
export async function untilDisconnected<T>(browser: Browser, work: Promise<T>): Promise<T> {
  const crashed = Promise.withResolvers<never>();
  const done = new AbortController();
  const onDisconnected = (): void => crashed.reject(new KeyturnError('browser_crashed'));
  browser.once('disconnected', onDisconnected);
  if (!browser.isConnected()) onDisconnected();
  crashed.promise.catch(() => undefined);
  work.catch(() => undefined);
  const late = delay(ANSWER_MS, null, { signal: done.signal }).then(() => {
    throw new KeyturnError('browser_crashed', { detail: 'The browser does not answer.' });
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, crashed.promise, late]);
  } catch (error) {
    throw browser.isConnected() ? error : new KeyturnError('browser_crashed', { cause: error });
  } finally {
    done.abort();
    browser.off('disconnected', onDisconnected);
  }
}
