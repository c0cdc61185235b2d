import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Misses } from './score-corpus.ts';

const FILE = path.join(import.meta.dirname, 'known-misses.json');

/** What is known to be wrong, by page. Only names of files, nothing of their content. */
export function knownMisses(): Misses {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Misses;
}

export function recordMisses(misses: Misses): void {
  const line = ([file, roles]: [string, string[]]) =>
    `  ${JSON.stringify(file)}: [${roles.map((role) => JSON.stringify(role)).join(', ')}]`;
  writeFileSync(FILE, `{\n${Object.entries(misses).map(line).join(',\n')}\n}\n`);
}

const flat = (misses: Misses): string[] =>
  Object.entries(misses).flatMap(([file, roles]) => roles.map((role) => `${file} ${role}`));

/** What is wrong and was not known, and what was known and is not wrong any more, among the pages that were scored. */
export function compareMisses(found: Misses, scored: readonly string[]): { added: string[]; gone: string[] } {
  const pages = new Set(scored);
  const known = flat(knownMisses()).filter((line) => pages.has(line.slice(0, line.lastIndexOf(' '))));
  const now = flat(found);
  return { added: now.filter((line) => !known.includes(line)), gone: known.filter((line) => !now.includes(line)) };
}
