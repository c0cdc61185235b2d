import { readFileSync } from 'node:fs';
import path from 'node:path';

const README = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');

/** The text of the README. */
export function readme(): string {
  return README;
}

/** The rows of the table whose first column has this heading, cells trimmed, `\|` read as a bar. */
export function readmeTable(heading: string): string[][] {
  const lines = README.split('\n');
  const cells = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
  const start = lines.findIndex((line) => line.startsWith('|') && cells(line)[0] === heading);
  if (start < 0) throw new Error(`README.md has no table whose first column is "${heading}".`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map(cells);
}

/** The code blocks of a language in the section with this heading, in order. */
export function readmeBlocks(heading: string, language: string): string[] {
  const [, after] = README.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`README.md has no section "${heading}".`);
  const section = after.split('\n## ')[0] ?? '';
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
}
