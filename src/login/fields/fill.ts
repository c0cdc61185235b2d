import type { ElementHandle } from 'playwright';
import type { Progress } from '../progress.ts';

/** A field that does not take its value in this time is not usable. A page may be busy for seconds, as may its machine. */
const FILL_TIMEOUT_MS = 15_000;

/**
 * Puts a value into a field the way a person's input arrives: focus, input and change events. A field that does not keep
 * it (a mask or a script that listens to keys) gets it key by key instead, after it was emptied.
 */
export async function fill(progress: Progress, element: ElementHandle<HTMLElement>, value: string): Promise<void> {
  await element.fill(value, { timeout: FILL_TIMEOUT_MS, signal: progress.signal });
  const kept = await progress.part('fill', () =>
    element.evaluate((field, expected) => (field as HTMLInputElement).value.length === expected, value.length),
  );
  if (!kept) await typeAnew(progress, element, value);
}

/** The same by keys from the start, and on to the next field: for pages that look at a field only then. */
export async function fillByKeys(
  progress: Progress,
  element: ElementHandle<HTMLElement>,
  value: string,
): Promise<void> {
  await typeAnew(progress, element, value);
  await element.press('Tab', { timeout: FILL_TIMEOUT_MS, signal: progress.signal });
}

async function typeAnew(progress: Progress, element: ElementHandle<HTMLElement>, value: string): Promise<void> {
  await element.fill('', { timeout: FILL_TIMEOUT_MS, signal: progress.signal });
  await element.type(value, { timeout: FILL_TIMEOUT_MS, signal: progress.signal });
}
