import { observe } from '../src/login/observe.ts';
import type { BenchResult } from './bench-result.ts';
import { chromiumPath } from './chromium-path.ts';
import { launchByHand } from './hand-written.ts';
import { median } from './statistics.ts';

const NODES = 5_000;
const ROUNDS = 20;
/** Milliseconds a look at such a page may take. */
const GOAL_MS = 100;

/** A page of a shop with a login in the middle: headings, links, classes, tables, paragraphs. */
function page(): string {
  const tile = `<article class="tile product-card"><h3>A thing</h3><p class="price">12.00</p><a href="/thing">More</a>
    <div class="row"><span class="badge">New</span><span>In stock</span></div><button class="add">Add</button></article>`;
  const form =
    '<form method="post"><label>Name <input name="u"></label><input type="password" name="p"><button>Log in</button></form>';
  const tiles = tile.repeat(NODES / 8 / 2);
  return `<!doctype html><title>Shop</title><main>${tiles}${form}${tiles}</main>`;
}

/** One look at a page of 5,000 elements. */
export async function observeBench(): Promise<BenchResult> {
  const browser = await launchByHand(await chromiumPath());
  try {
    const tab = await browser.newPage();
    await tab.setContent(page());
    const nodes = await tab.evaluate(() => document.querySelectorAll('*').length);
    const looks: number[] = [];
    const empty: number[] = [];
    for (let round = -3; round < ROUNDS; round += 1) {
      const started = performance.now();
      const look = await observe(tab);
      const took = performance.now() - started;
      if (look.observation.fields.length !== 2) throw new Error('The look did not see the form');
      look.dispose();
      const before = performance.now();
      await tab.evaluate(() => document.title);
      if (round < 0) continue;
      looks.push(took);
      empty.push(performance.now() - before);
    }
    const look = median(looks);
    return {
      name: 'look',
      title: `A look at a page of ${nodes} elements, median of ${ROUNDS}`,
      columns: ['', 'ms'],
      rows: [
        ['observe', look],
        ['an evaluate that reads one word', median(empty)],
      ],
      goals: [{ what: `look at ${nodes} elements`, figure: look, most: GOAL_MS, unit: 'ms' }],
      figures: { nodes, look, evaluate: median(empty) },
    };
  } finally {
    await browser.close();
  }
}
