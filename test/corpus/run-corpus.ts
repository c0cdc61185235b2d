import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';
import { compareMisses, recordMisses } from './known-misses.ts';
import { labelledPages } from './labelled-pages.ts';
import { compareWithRivals } from './rivals.ts';
import { scoreCodePages, scoreCorpus, scoreFirstBoxRule } from './score-corpus.ts';

// npm run corpus [-- --corpus a,b] [--record] [--keep FOLDER]: precision and recall by the scorer of the collections, the
// same beside two other recognisers, speed, and what changed against the known misses. Ends 1 when a goal, a comparison
// or the known misses do not hold. `--record` writes the misses anew; `--keep` leaves the recordings in a folder.

const LEAST_SPEED = 200;
const LEAST_CODE_PAGES = 60;
const LEAST_CODE_RECALL = 0.97;

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
const { recordings, seconds, misses, table, counts } = await scoreCorpus(executable, pages, only);
console.log(table);
const missed: string[] = [];
/** A goal of its own line. */
const hold = (met: boolean, line: string): void => {
  console.log(`${line}   ${met ? 'met' : 'MISSED'}`);
  if (!met) missed.push(line);
};
if (!only) {
  const { lines, missed: behind } = compareWithRivals(counts, await scoreFirstBoxRule(executable));
  console.log(lines.join('\n'));
  if (behind) missed.push('the comparison');
  const own = await scoreCodePages(executable);
  const { tp, fn } = counts.roles.otp ?? { tp: 0, fn: 0 };
  const [k, n] = [own.k + tp, own.n + tp + fn];
  hold(
    own.n >= LEAST_CODE_PAGES && k / n >= LEAST_CODE_RECALL,
    `\ncode fields found on ${own.k} of ${own.n} pages of our own and ${tp} of ${tp + fn} of these: ${((100 * k) / n).toFixed(1)} %, goal ≥ 97`,
  );
}
const speed = recordings.length / seconds;
hold(
  speed >= LEAST_SPEED,
  `${recordings.length} pages classified in ${seconds.toFixed(2)} s: ${Math.round(speed)} a second, goal ≥ ${LEAST_SPEED}`,
);
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
  if (added.length + gone.length > 0) missed.push('the known misses');
}
process.exitCode = missed.length === 0 ? 0 : 1;
