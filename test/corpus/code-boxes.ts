import type { Page } from 'playwright';
import { observe } from '../../src/login/observe.ts';
import { classify } from '../../src/login/page-state.ts';
import { CODE_PAGES } from './code-pages.ts';

/** What the recogniser takes for the boxes of a code, as the classes or ids they have. */
export async function codeBoxesOf(page: Page, html: string): Promise<{ kind: string; boxes: string[] }> {
  await page.setContent(html);
  const look = await observe(page);
  const { kind, fields } = classify(look.observation);
  const boxes: string[] = [];
  for (const { element } of fields.code) {
    const found = await look.element(element);
    boxes.push((await found?.evaluate((box) => (box.className ? `.${box.className}` : `#${box.id}`))) ?? '');
  }
  look.dispose();
  return { kind, boxes };
}

/** On how many of our own code pages every box is found, in order. */
export async function codePagesFound(page: Page): Promise<{ k: number; n: number }> {
  let k = 0;
  for (const { html, boxes } of CODE_PAGES) {
    const seen = await codeBoxesOf(page, html);
    if (JSON.stringify(seen.boxes) === JSON.stringify(boxes)) k += 1;
  }
  return { k, n: CODE_PAGES.length };
}
