import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';
import { compareMisses, recordMisses } from './known-misses.ts';
import { labelledPages } from './labelled-pages.ts';
import { scoreCorpus } from './score-corpus.ts';

// npm run corpus [-- --corpus a,b] [--record] [--keep FOLDER]: precision and recall by the scorer of the collections, speed,
// and what changed against the known misses. `--record` writes them anew; `--keep` leaves the recordings in a folder.

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
const { recordings, seconds, misses, table } = await scoreCorpus(executable, pages, only);
console.log(
  `${recordings.length} pages classified in ${seconds.toFixed(2)} s: ${Math.round(recordings.length / seconds)} a second\n`,
);
console.log(table);
const keep = argument('keep');
if (keep) {
  writeFileSync(path.join(keep, 'recordings.jsonl'), recordings.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
if (process.argv.includes('--record') && !only) {
  recordMisses(misses);
  console.log(`${Object.keys(misses).length} pages with misses recorded`);
} else {
  const { added, gone } = compareMisses(
    misses,
    recordings.map(({ file }) => file),
  );
  for (const line of added) console.log(`NEW MISS ${line}`);
  for (const line of gone) console.log(`GONE, record it with --record: ${line}`);
  console.log(added.length + gone.length === 0 ? 'no change to the known misses' : 'the known misses changed');
  process.exitCode = added.length + gone.length === 0 ? 0 : 1;
}
