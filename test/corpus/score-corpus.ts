import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import { launchOptions } from '../../src/browser/launch-options.ts';
import { codePagesFound } from './code-boxes.ts';
import type { LabelledPage } from './labelled-pages.ts';
import { predict } from './predict.ts';
import { type Recording, recordPages } from './record-pages.ts';
import { type Counts, countsIn, runScorer } from './scorer.ts';

/** What the recogniser got wrong: by page, the roles (or `pageKind`) that were. */
export type Misses = Record<string, string[]>;

export interface Score {
  recordings: Recording[];
  /** Seconds that classifying all of them took. */
  seconds: number;
  misses: Misses;
  /** What the scorer printed: precision and recall by role, and page kinds. */
  table: string;
  counts: Counts;
}

/** Records, classifies and scores pages by the scorer of the collections. What is recorded lives in a temporary folder. */
export async function scoreCorpus(
  executable: string,
  pages: readonly LabelledPage[],
  corpora?: string,
): Promise<Score> {
  const folder = mkdtempSync(path.join(tmpdir(), 'keyturn-corpus-'));
  try {
    const browser = await chromium.launch(launchOptions({ executable, artifactsDir: folder }));
    const recordings: Recording[] = [];
    try {
      for await (const recording of recordPages(browser, pages)) recordings.push(recording);
    } finally {
      await browser.close();
    }
    const started = performance.now();
    const predictions = recordings.map(predict);
    const seconds = (performance.now() - started) / 1_000;
    const lines = path.join(folder, 'predictions.jsonl');
    const errors = path.join(folder, 'errors.jsonl');
    writeFileSync(lines, predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const result = path.join(folder, 'result.json');
    const some = corpora ? ['--corpus', corpora] : [];
    const table = await runScorer(executable, ['score', lines, ...some, '--errors', errors, '--json', result]);
    const counts = countsIn(readFileSync(result, 'utf8'));
    return { recordings, seconds, misses: missesIn(readFileSync(errors, 'utf8')), table, counts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the trivial rule (the first password box, the text box before it, the first button) scores on the same pages. */
export async function scoreFirstBoxRule(executable: string): Promise<Counts> {
  const folder = mkdtempSync(path.join(tmpdir(), 'keyturn-corpus-'));
  try {
    const lines = path.join(folder, 'predictions.jsonl');
    const result = path.join(folder, 'result.json');
    writeFileSync(lines, await runScorer(executable, ['baseline']));
    await runScorer(executable, ['score', lines, '--json', result]);
    return countsIn(readFileSync(result, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The pages of our own that ask for a code. */
export async function scoreCodePages(executable: string): Promise<{ k: number; n: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'keyturn-corpus-'));
  try {
    const browser = await chromium.launch(launchOptions({ executable, artifactsDir: folder }));
    try {
      return await codePagesFound(await browser.newPage());
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function missesIn(lines: string): Misses {
  const misses: Misses = {};
  for (const line of lines.split('\n').filter(Boolean)) {
    const { file, role } = JSON.parse(line) as { file: string; role: string };
    misses[file] = [...new Set([...(misses[file] ?? []), role])].sort();
  }
  return Object.fromEntries(Object.entries(misses).sort(([a], [b]) => (a < b ? -1 : 1)));
}
