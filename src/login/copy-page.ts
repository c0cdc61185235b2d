import type { Frame } from 'playwright';
import type { LoginRun } from './login-run.ts';
import type { Look } from './observe.ts';
import { copyDocument, type DocumentCopy, type ElementCopy, PAGE_COPY, type PageCopy } from './page-copy.ts';
import type { PageState } from './page-state.ts';
import { classifyLook } from './seen-page.ts';

/** A page that takes longer is not copied: the verdict is known, and somebody waits for it. */
const TIMEOUT_MS = 5_000;
const LIMITS = { elements: 5_000, characters: 150_000 };
/** More than the limits leave of any page but one made to be large. */
const MAX_BYTES = 3_000_000;

/** The last page of a run without a login, for whoever teaches the recogniser. Never fails the run. */
export async function keepPageCopy(run: LoginRun): Promise<void> {
  const { page, progress } = run;
  if (!/^https?:/.test(page.url())) return;
  try {
    const text = await progress.part('copy', () => within(TIMEOUT_MS, copyPage(run)));
    const bytes = text === null ? null : Buffer.from(text);
    if (bytes && bytes.length <= MAX_BYTES) run.ports.artifact(PAGE_COPY, bytes);
  } catch (error) {
    if (progress.signal.aborted) throw error;
    // A page that is gone or stuck leaves no copy.
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

async function copyPage({ page }: LoginRun): Promise<string> {
  const { look, state } = await classifyLook(page);
  try {
    const copies = await copyFrames(look);
    const main = copies.get(page.mainFrame());
    if (!main) throw new Error('The page did not answer.');
    const { origin, pathname } = new URL(page.url());
    const copy: PageCopy = { seen: seenOn(state), url: `${origin}${pathname}`, document: main };
    return JSON.stringify(copy);
  } finally {
    look.dispose();
  }
}

function seenOn({ kind, fields }: PageState): PageCopy['seen'] {
  const found = {
    identifier: fields.identifier,
    password: fields.password,
    new_password: fields.new_passwords[0],
    code: fields.code[0],
    submit: fields.submit,
  };
  return {
    kind,
    roles: Object.entries(found)
      .filter(([, element]) => element)
      .map(([role]) => role),
  };
}

/** Every frame's document, each inner one hung into the element it stands in. */
async function copyFrames(look: Look): Promise<Map<Frame, DocumentCopy>> {
  const copies = new Map<Frame, DocumentCopy>();
  const inner: { child: Frame; element: ElementCopy }[] = [];
  for (const { index } of look.observation.frames) {
    const frame = look.frame(index);
    const inPage = look.inPage(index);
    if (!frame || !inPage) continue;
    const made = await inPage.evaluateHandle(copyDocument, LIMITS);
    const copy = JSON.parse(await made.evaluate(({ document }) => JSON.stringify(document))) as DocumentCopy;
    copies.set(frame, copy);
    const places = new Map([...frameElements(copy.body)].map((element) => [element.frame, element]));
    for (const child of places.size > 0 ? frame.childFrames() : []) {
      const place = await made.evaluate(
        ({ frames }, found) => frames.indexOf(found as Element),
        await child.frameElement(),
      );
      const element = places.get(place);
      if (element) inner.push({ child, element });
    }
    await made.dispose();
  }
  for (const { child, element } of inner) {
    const document = copies.get(child);
    if (document) element.document = document;
  }
  return copies;
}

function* frameElements(element: ElementCopy): Generator<ElementCopy> {
  if (element.frame !== undefined) yield element;
  for (const child of [...element.children, ...(element.shadow ?? [])]) {
    if (typeof child !== 'string') yield* frameElements(child);
  }
}
