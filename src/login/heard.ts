import type { Frame, JSHandle, Page } from 'playwright';

interface Recorder {
  texts: string[];
}

/**
 * Runs inside the page: keeps what it says in messages that may be gone before anyone looks (a toast). Leaves no trace:
 * nobody but the holder of the handle sees the recorder.
 */
function record(): Recorder {
  const MOST = 40;
  const MAX_TEXT = 400;
  const SPEAKS = '[role="alert"],[role="alertdialog"],[aria-live="assertive"],[aria-live="polite"],[role="status"]';
  const NAMED = /error|alert|invalid|warning|danger|feedback|toast|notification|snackbar|message|flash/i;
  const texts: string[] = [];
  const speaks = (element: Element): boolean =>
    element.matches(SPEAKS) || NAMED.test(`${element.getAttribute('class') ?? ''} ${element.id}`);
  const hear = (node: Node): void => {
    const start = node instanceof Element ? node : node.parentElement;
    let speaker: Element | null = null;
    for (let at = start, depth = 0; at && at !== document.body && depth < 5; at = at.parentElement, depth += 1) {
      if (speaks(at)) speaker = at;
    }
    const found = speaker ? [speaker] : [...(start?.querySelectorAll(SPEAKS) ?? [])].slice(0, 5);
    for (const element of found) {
      if (!(element instanceof HTMLElement) || element.querySelector('input,select,textarea')) continue;
      if (!element.checkVisibility({ checkVisibilityCSS: true })) continue;
      const whole = element.innerText.replace(/\s+/g, ' ').trim();
      const text = whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT - 1)}…` : whole;
      if (text && texts.length < MOST && !texts.includes(text)) texts.push(text);
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes.slice(0, 200)) {
      if (change.type !== 'childList') hear(change.target);
      else for (const node of change.addedNodes) hear(node);
    }
  }).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['hidden', 'class', 'style', 'open', 'aria-hidden'],
  });
  return { texts };
}

/** Listens in every frame of a page from the submission on. */
export class Heard {
  readonly #recorders = new Map<Frame, JSHandle<Recorder>>();
  readonly #texts = new Set<string>();

  /** What was said so far, and listens in documents that came since. */
  async listen(page: Page): Promise<void> {
    await Promise.all(page.frames().map((frame) => this.#listenIn(frame)));
  }

  get texts(): ReadonlySet<string> {
    return this.#texts;
  }

  async #listenIn(frame: Frame): Promise<void> {
    try {
      const recorder = this.#recorders.get(frame);
      if (recorder) {
        for (const text of await recorder.evaluate(({ texts }) => texts.splice(0))) this.#texts.add(text);
        return;
      }
    } catch {
      // Its document was replaced.
      this.#recorders.delete(frame);
    }
    const fresh = await frame.evaluateHandle(record).catch(() => null);
    if (fresh) this.#recorders.set(frame, fresh);
  }
}
