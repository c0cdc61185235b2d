import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { codeBoxesOf } from './code-boxes.ts';
import { CODE_PAGES, OTHER_PAGES } from './code-pages.ts';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
});
afterAll(() => browser.close());

const boxesOf = (html: string) => codeBoxesOf(page, html);

test('code fields are found on pages in fourteen languages', { timeout: 120_000 }, async () => {
  expect(CODE_PAGES.length).toBeGreaterThanOrEqual(60);
  const missed: string[] = [];
  let found = 0;
  let all = 0;
  for (const { name, html, boxes } of CODE_PAGES) {
    const seen = await boxesOf(html);
    all += boxes.length;
    found += boxes.filter((box) => seen.boxes.includes(box)).length;
    if (seen.kind !== 'code_step' || JSON.stringify(seen.boxes) !== JSON.stringify(boxes)) {
      missed.push(`${name}: ${seen.kind} ${seen.boxes.join(' ')}`);
    }
  }
  expect(missed).toEqual([]);
  expect(found / all).toBeGreaterThanOrEqual(0.97);
});

test.each(OTHER_PAGES)('a page with a field for a $name asks for no code', async ({ html }) => {
  const { kind, boxes } = await boxesOf(html);
  expect([kind === 'code_step', boxes]).toEqual([false, []]);
});
