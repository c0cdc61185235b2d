import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';
import { launchOptions } from '../../src/browser/launch-options.ts';
import { CORPORA, labelledPages } from './labelled-pages.ts';
import { predict } from './predict.ts';
import { type Recording, recordPages } from './record-pages.ts';

// npm run corpus [-- --errors FILE] [-- --corpus a,b]: precision and recall by the scorer of the collections, and speed.

const argument = (name: string): string | undefined => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
};
const only = argument('corpus');
const pages = labelledPages(only?.split(','));
if (pages.length === 0) {
  console.log('SKIPPED corpus: the labelled pages are not on this machine');
  process.exit(0);
}
const { executable } = await ensureChromium({ chromium: process.env.KEYTURN_CHROMIUM || null }, (line) =>
  console.log(line),
);
const folder = mkdtempSync(path.join(tmpdir(), 'keyturn-corpus-'));
try {
  const browser = await chromium.launch(launchOptions({ executable, artifactsDir: folder }));
  const recordings: Recording[] = [];
  for await (const recording of recordPages(browser, pages)) recordings.push(recording);
  await browser.close();
  const started = performance.now();
  const predictions = recordings.map(predict);
  const seconds = (performance.now() - started) / 1_000;
  console.log(
    `${recordings.length} pages classified in ${seconds.toFixed(2)} s: ${Math.round(recordings.length / seconds)} a second\n`,
  );
  const lines = path.join(folder, 'predictions.jsonl');
  writeFileSync(lines, predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const keep = argument('keep');
  if (keep) {
    writeFileSync(path.join(keep, 'recordings.jsonl'), recordings.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  const errors = argument('errors');
  const scorer = spawn(
    process.execPath,
    [
      path.join(CORPORA, 'score.mjs'),
      'score',
      lines,
      ...(only ? ['--corpus', only] : []),
      ...(errors ? ['--errors', path.resolve(errors)] : []),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, PLAYWRIGHT_FROM: path.resolve(import.meta.dirname, '../..'), CHROMIUM: executable },
    },
  );
  [process.exitCode] = (await once(scorer, 'exit')) as [number];
} finally {
  rmSync(folder, { recursive: true, force: true });
}
