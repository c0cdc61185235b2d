import { randomBytes } from 'node:crypto';
import type { Frame, Page } from 'playwright';
import { valuePattern } from '../common-words.ts';
import { secretForms } from '../secret-forms.ts';
import { coverSecrets } from './cover-secrets.ts';
import type { LoginRun } from './login-run.ts';
import { markSecrets, type Wanted } from './mark-secrets.ts';

const TIMEOUT_MS = 5_000;
/** A frame that does not answer is painted over whole. */
const FRAME_MS = 1_000;
const NAME = 'final.png';
/** Shorter values stand in any text: they are looked for as words. */
const SHORTEST = 4;

/**
 * A picture of the last page: fields and whatever shows a secret are painted over, in every frame and open shadow tree.
 * Null, and none is kept, where that cannot be made sure.
 */
export async function takeScreenshot(run: LoginRun): Promise<string | null> {
  const { page, progress } = run;
  try {
    const bytes = await progress.part('screenshot', () => maskedPicture(page, run.secrets));
    if (bytes === null) return null;
    run.ports.artifact(NAME, bytes);
    return NAME;
  } catch (error) {
    if (progress.signal.aborted) throw error;
    // A page that cannot be pictured (closed, stuck) is judged all the same.
    return null;
  }
}

/** Null: the page went on changing and showed a secret after the picture was prepared. Rejects when it is stuck. */
export async function maskedPicture(page: Page, secrets: Iterable<string>): Promise<Buffer | null> {
  const attribute = `data-${randomBytes(6).toString('hex')}`;
  const wanted = { ...wantedOf(secrets), attribute };
  try {
    const { silent } = await markFrames(page, wanted);
    await coverFrames(page, attribute, silent);
    // What moves out of its box or reaches out of it is not seen either.
    const style = `input, textarea, select, [${attribute}], [${attribute}] * { visibility: hidden !important }`;
    const bytes = await page.screenshot({ style, timeout: TIMEOUT_MS, animations: 'disabled' });
    return (await markFrames(page, wanted)).marked === 0 ? bytes : null;
  } finally {
    await Promise.all(page.frames().map((frame) => within(frame, unmark, attribute)));
  }
}

/**
 * Paints over the fields of every frame and what was marked there. By a script of our own: Playwright's masks send each
 * document 700 kB of it, which costs as much as the picture itself. Rejects when a frame that is seen does not answer.
 */
async function coverFrames(page: Page, attribute: string, silent: ReadonlySet<Frame>): Promise<void> {
  const isCovered = (frame: Frame | null): boolean =>
    frame !== null && (silent.has(frame) || isCovered(frame.parentFrame()));
  await Promise.all(
    page.frames().map(async (frame) => {
      if (isCovered(frame) || (await within(frame, coverSecrets, attribute)) !== null || frame.isDetached()) return;
      throw new Error('A frame could not be painted over.');
    }),
  );
}

function wantedOf(secrets: Iterable<string>): Pick<Wanted, 'forms' | 'patterns'> {
  const forms = new Set<string>();
  const patterns: string[] = [];
  for (const form of [...secrets].flatMap(secretForms)) {
    const pattern = valuePattern(form);
    const squeezed = form.replace(/\s+/g, '').toLowerCase();
    if (pattern) patterns.push(pattern.source);
    else if (squeezed.length >= SHORTEST) forms.add(squeezed);
    else if (squeezed !== '') patterns.push(`(?<![\\p{L}\\p{N}])${escaped(form.trim())}(?![\\p{L}\\p{N}])`);
  }
  return { forms: [...forms], patterns };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * How many elements were marked in all frames, and the frames that did not answer, each of which is marked whole.
 * Rejects when the page itself does not.
 */
async function markFrames(page: Page, wanted: Wanted): Promise<{ marked: number; silent: Set<Frame> }> {
  const silent = new Set<Frame>();
  const counts = await Promise.all(
    page.frames().map(async (frame) => {
      const marked = await within(frame, markSecrets, wanted);
      if (marked !== null) return marked;
      if (frame === page.mainFrame()) throw new Error('The page did not answer.');
      silent.add(frame);
      return markWhole(frame, wanted.attribute);
    }),
  );
  return { marked: counts.reduce((sum, count) => sum + count, 0), silent };
}

/** Marks the element a frame stands in; a frame that is gone stands nowhere. */
async function markWhole(frame: Frame, attribute: string): Promise<number> {
  if (frame.isDetached()) return 0;
  const element = await frame.frameElement();
  return element.evaluate((node, name) => {
    const isNew = !(node as Element).hasAttribute(name);
    (node as Element).setAttribute(name, '');
    return isNew ? 1 : 0;
  }, attribute);
}

function unmark(attribute: string): void {
  const roots: (Document | ShadowRoot)[] = [document];
  for (const root of roots) {
    for (const element of root.querySelectorAll('*')) {
      element.removeAttribute(attribute);
      if (element.hasAttribute(`${attribute}-cover`)) element.remove();
      if (element.shadowRoot) roots.push(element.shadowRoot);
    }
  }
}

/** What the function makes of the frame, or null when it does not answer in time. */
async function within<A, R>(frame: Frame, work: (argument: A) => R, argument: A): Promise<R | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), FRAME_MS);
  try {
    const answer = frame.evaluate(work as never, argument as never) as Promise<R>;
    return await Promise.race([answer.catch(() => null), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
