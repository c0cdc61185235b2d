import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../src/environment.ts';
import { ERRORS } from '../../src/errors.ts';
import { IMPORT_FORMATS } from '../../src/importing/imported-item.ts';
import { OUTCOME_STATUS } from '../../src/login/outcome.ts';
import { readme, readmeTable } from '../support/readme.ts';
import { ROOT } from './source-files.ts';

function code(text: string): string {
  return `\`${text}\``;
}

describe('the tables of the README say what the code says', () => {
  test('Variable | Meaning | Default', () => {
    const rows = ENVIRONMENT.map(([name, meaning, fallback]) => [code(name), meaning, fallback]);
    const plain = readmeTable('Variable').map((row) =>
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
    expect(readmeTable('Error code')).toEqual(rows);
  });

  test('Outcome | Status', () => {
    const rows = Object.entries(OUTCOME_STATUS).map(([outcome, status]) => [code(outcome), status]);
    expect(readmeTable('Outcome').map((row) => row.slice(0, 2))).toEqual(rows);
  });

  test('--format | File', () => {
    expect(readmeTable('`--format`').map(([format]) => format)).toEqual(IMPORT_FORMATS.map(code));
  });

  test('every file it names is there', () => {
    const named = [...readme().matchAll(/`((?:src|workers|test|prisma|\.ci)\/[\w./-]+)`/g)].map(
      ([, file = '']) => file,
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});
