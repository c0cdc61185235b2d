import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../src/config.ts';
import { ERRORS } from '../../src/errors.ts';
import { OUTCOME_STATUS } from '../../src/login/outcome.ts';
import { ROOT } from './source-files.ts';

const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** The rows of the table whose first column has this heading, cells trimmed, `\|` read as a bar. */
function table(heading: string): string[][] {
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

function code(text: string): string {
  return `\`${text}\``;
}

describe('the tables of the README say what the code says', () => {
  test('Variable | Meaning | Default', () => {
    const rows = ENVIRONMENT.map(([name, meaning, fallback]) => [code(name), meaning, fallback]);
    const plain = table('Variable').map((row) =>
      row.map((cell, column) => (column === 2 ? cell.replaceAll('`', '') : cell)),
    );
    expect(plain).toEqual(rows);
  });

  test('Error code | Status | Retryable | Sentence', () => {
    const rows = Object.entries(ERRORS).map(([name, row]) => [
      code(name),
      String(row.status),
      row.retryable ? 'yes' : 'no',
      row.sentence,
    ]);
    expect(table('Error code')).toEqual(rows);
  });

  test('Outcome | Status', () => {
    const rows = Object.entries(OUTCOME_STATUS).map(([outcome, status]) => [code(outcome), status]);
    expect(table('Outcome').map((row) => row.slice(0, 2))).toEqual(rows);
  });

  test('every file it names is there', () => {
    const named = [...README.matchAll(/`((?:src|workers|test|prisma|\.ci)\/[\w./-]+)`/g)].map(([, file = '']) => file);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});
