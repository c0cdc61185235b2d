import type { BrowserContext, BrowserContextOptions, Frame, Page } from 'playwright';
import type { SessionState } from '../login/outcome.ts';
import type { KeptContextOptions } from './context-options.ts';

/** Milliseconds one frame may take to hand over its sessionStorage; a busy or dying frame is left out. */
const FRAME_TIMEOUT = 1_000;
/** Origins with sessionStorage a restore serves; a login touches a handful. */
const MAX_ORIGINS = 32;

type Entries = Record<string, string>;

async function within<T>(work: Promise<T>, ms: number, fallback: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, fallback);
  });
  try {
    return await Promise.race([work.catch(() => fallback), late]);
  } finally {
    clearTimeout(timer);
  }
}

function readSessionStorage(frame: Frame): Promise<{ origin: string; entries: Entries } | null> {
  return frame.evaluate(() => {
    // Throws in sandboxed frames, which have none to lose.
    const entries: Entries = { ...sessionStorage };
    return Object.keys(entries).length > 0 ? { origin: location.origin, entries } : null;
  });
}

/**
 * Reads the whole session of a context: cookies, localStorage and IndexedDB as Playwright's storage state, kept as it
 * is, and sessionStorage by origin from every frame (the first page's wins: each tab has its own). Lost without a sign
 * are IndexedDB Blobs and CryptoKeys, service workers and caches. Rejects when the context is closed.
 * `landing_url` is the engine's to fill in.
 */
export async function captureSession(context: BrowserContext, options: KeptContextOptions): Promise<SessionState> {
  const frames = context.pages().flatMap((page) => page.frames());
  const [storageState, ...stores] = await Promise.all([
    context.storageState({ indexedDB: true }),
    ...frames.map((frame) => within(readSessionStorage(frame), FRAME_TIMEOUT, null)),
  ]);
  const sessionStorage: Record<string, Entries> = {};
  for (const store of stores) {
    if (store && /^https?:/.test(store.origin)) sessionStorage[store.origin] ??= store.entries;
  }
  return {
    storage_state: storageState,
    session_storage: sessionStorage,
    passkeys: [],
    context_options: { ...options },
    landing_url: null,
  };
}

/** The storage state as a context option. A profile may be imported: only an object, since a string is a file path. */
export function storageStateOption(session: SessionState): Pick<BrowserContextOptions, 'storageState'> {
  const state = session.storage_state;
  if (typeof state !== 'object' || state === null) return {};
  return { storageState: state as Exclude<BrowserContextOptions['storageState'], string> };
}

/**
 * Puts sessionStorage back into a page's tab, once, before the site runs anything: each origin is opened with an empty
 * document served from here, so nothing reaches the network. An init script would have to mark the tab to know that it
 * ran, and would bring back what the site removes later.
 */
export async function restoreSessionStorage(page: Page, session: SessionState): Promise<void> {
  const stores = Object.entries(session.session_storage).slice(0, MAX_ORIGINS);
  const origins = stores.filter(([origin]) => /^https?:$/.test(URL.parse(origin)?.protocol ?? ''));
  if (origins.length === 0) return;
  await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
  for (const [origin, entries] of origins) {
    await page.goto(origin);
    await page.evaluate((values) => {
      for (const [key, value] of Object.entries(values)) sessionStorage.setItem(key, value);
    }, entries);
  }
  await page.goto('about:blank');
  await page.unroute('**/*');
}
