import { expect, inject, test } from 'vitest';
import { describeWith } from '../support/skip.ts';
import { compareMisses } from './known-misses.ts';
import { labelledPages } from './labelled-pages.ts';
import { scoreCorpus } from './score-corpus.ts';

/** The short form: every fourth page. `npm run corpus` takes them all. */
const pages = labelledPages().filter((_page, index) => index % 4 === 0);

describeWith({ name: 'the labelled pages', available: pages.length > 0, beside: true }, 'the recogniser', () => {
  test('misses what it is known to miss, no more and no less', { timeout: 240_000 }, async () => {
    const { recordings, misses } = await scoreCorpus(inject('chromium'), pages);
    const scored = recordings.map(({ file }) => file);
    expect(scored.length).toBe(pages.length);
    // The scorer counts a page that was left out as missed.
    const found = Object.fromEntries(Object.entries(misses).filter(([file]) => scored.includes(file)));
    expect(compareMisses(found, scored)).toEqual({ added: [], gone: [] });
  });
});
