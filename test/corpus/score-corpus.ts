import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import { launchOptions } from '../../src/browser/launch-options.ts';
import { CORPORA, type LabelledPage } from './labelled-pages.ts';
import { predict } from './predict.ts';
import { type Recording, recordPages } from './record-pages.ts';

/** What the recogniser got wrong: by page, the roles (or `pageKind`) that were. */
export type Misses = Record<string, string[]>;

export interface Score {
  recordings: Recording[];
  /** Seconds that classifying all of them took. */
  seconds: number;
  misses: Misses;
  /** What the scorer printed: precision and recall by role, and page kinds. */
  table: string;
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
    const scorer = spawn(
      process.execPath,
      [path.join(CORPORA, 'score.mjs'), 'score', lines, ...(corpora ? ['--corpus', corpora] : []), '--errors', errors],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, PLAYWRIGHT_FROM: path.resolve(import.meta.dirname, '../..'), CHROMIUM: executable },
      },
    );
    const ended = once(scorer, 'exit');
    let table = '';
    for await (const chunk of scorer.stdout) table += chunk;
    const [code] = await ended;
    if (code !== 0) throw new Error(`The scorer ended with ${code}`);
    return { recordings, seconds, misses: missesIn(readFileSync(errors, 'utf8')), table };
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
