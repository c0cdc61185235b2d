import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import type { Observation } from '../../src/login/observation.ts';
import { observe } from '../../src/login/observe.ts';
import { readFrame } from '../../src/login/page-script.ts';
import type { LabelledPage, Labels } from './labelled-pages.ts';

/** What the recogniser gets to see of a page, and how to name its elements afterwards. Only ever in a temporary folder. */
export interface Recording {
  file: string;
  labels: Labels;
  observation: Observation;
  /** A selector for every element of the main frame, by `ref`. */
  selectors: string[];
}

const ORIGIN = 'http://corpus.test';
/** Keeps captured pages off the network. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; form-action 'none'",
};

/** Runs inside the page: the way to each element from the root. */
function pathsOf({ elements }: { elements: Element[] }): string[] {
  return elements.map((element) => {
    const parts: string[] = [];
    for (let at: Element | null = element; at; at = at.parentElement) {
      const siblings = at.parentElement ? [...at.parentElement.children] : [at];
      const place = at.parentElement ? `:nth-child(${siblings.indexOf(at) + 1})` : '';
      parts.unshift(`${CSS.escape(at.localName)}${place}`);
    }
    return parts.join(' > ');
  });
}

async function openPages(browser: Browser, pages: readonly LabelledPage[]): Promise<Page> {
  const paths = new Map(pages.map(({ file, path }) => [`${ORIGIN}/${encodeURI(file)}`, path]));
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 } });
  await context.route('**/*', (route) => {
    const request = route.request();
    const found = request.isNavigationRequest() && !request.frame().parentFrame() && paths.get(request.url());
    return found ? route.fulfill({ headers: HEADERS, body: readFileSync(found) }) : route.abort();
  });
  const page = await context.newPage();
  page.on('dialog', (dialog) => dialog.dismiss().catch(() => undefined));
  return page;
}

/** Observes each page once, as the corpus' own scorer opens it. */
export async function* recordPages(browser: Browser, pages: readonly LabelledPage[]): AsyncGenerator<Recording> {
  const page = await openPages(browser, pages);
  for (const { file, labels } of pages) {
    await page.goto(`${ORIGIN}/${encodeURI(file)}`, { waitUntil: 'domcontentloaded', timeout: 20_000 });
    const look = await observe(page);
    // The same reading once more: the pages stand still, so a number means the same element.
    const again = await page.evaluateHandle(readFrame, false);
    const selectors = await again.evaluate(pathsOf);
    await again.dispose();
    look.dispose();
    yield { file, labels, observation: look.observation, selectors };
  }
  await page.context().close();
}
