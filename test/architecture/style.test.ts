import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from './source-files.ts';

const product = sourceFiles('src', 'workers');
const files = [...product, ...sourceFiles('test', 'prisma', 'bench')];

const SELDOM = 300;
const NEVER = 400;

function lines(text: string): number {
  return text.trimEnd().split('\n').length;
}

function places(pattern: RegExp, read: (file: (typeof files)[number]) => string): string[] {
  return files
    .filter(({ file }) => !file.startsWith('test/architecture/'))
    .flatMap((found) =>
      read(found)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${found.file}:${index + 1} ${line.trim()}`] : [])),
    );
}

describe('a reader finds short files under names of their own', () => {
  test(`no file is longer than ${NEVER} lines`, () => {
    const long = files
      .map(({ file, text }) => `${file}: ${lines(text)}`)
      .filter((row) => Number(row.split(': ')[1]) > SELDOM);
    for (const row of long) console.warn(`longer than ${SELDOM} lines: ${row}`);
    expect(files.filter(({ text }) => lines(text) > NEVER).map(({ file }) => file)).toEqual([]);
  });

  test('no two files have the same name', () => {
    const named = files.filter(({ file }) => !file.startsWith('bench/'));
    const byName = Map.groupBy(named, ({ file }) => path.posix.basename(file));
    const twice = [...byName.values()].filter((same) => same.length > 1);
    expect(twice.map((same) => same.map(({ file }) => file))).toEqual([]);
  });

  test('nothing is exported that nobody uses', () => {
    const uses = (code: string, name: string) => code.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
    const unused = product.flatMap(({ file, code }) =>
      [...code.matchAll(/^export (?:async )?(?:function|const|class|let|interface|type)\*? (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter(
          (name) => uses(code, name) === 1 && !files.some((other) => other.file !== file && uses(other.code, name)),
        )
        .map((name) => `${file}: ${name}`),
    );
    expect(unused).toEqual([]);
  });
});

describe('nothing is left for later or silenced', () => {
  test('no marks of unfinished work', () => {
    expect(places(/\b(TODO|FIXME|XXX|HACK)\b/, ({ text }) => text)).toEqual([]);
  });

  test('no silenced type errors', () => {
    expect(places(/@ts-(ignore|nocheck|expect-error)/, ({ text }) => text)).toEqual([]);
  });

  test('no `any` in the product', () => {
    const any = /(?::|<|\bas|,|\||&|=>)\s*any\b(?!\s*[(:'"`])/;
    expect(places(any, ({ file, code }) => (/^(src|workers)\//.test(file) ? code : ''))).toEqual([]);
  });

  test('no debugging leftovers and no skipped or lonely tests', () => {
    expect(places(/\bdebugger\b|\b(?:test|it|describe)\.(?:only|todo)\b/, ({ code }) => code)).toEqual([]);
  });
});
