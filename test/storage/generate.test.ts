import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { derivePostgresSchema } from '../../prisma/generate.ts';

const root = path.resolve(import.meta.dirname, '../..');
const source = readFileSync(path.join(root, 'prisma/schema.prisma'), 'utf8');

test('the schema for PostgreSQL differs in provider and output only', () => {
  const lines = source.split('\n');
  const derived = derivePostgresSchema(source).split('\n');
  expect(derived).toHaveLength(lines.length);
  expect(derived.filter((line, index) => line !== lines[index]).map((line) => line.trim())).toEqual([
    'output                 = "../../src/storage/generated/postgresql"',
    'provider = "postgresql"',
  ]);
  expect(() => derivePostgresSchema(source.replace('"sqlite"', '"mysql"'))).toThrow('exactly once');
});

test('generating again does nothing and says nothing', () => {
  const generate = () => {
    const argv = [path.join(root, 'prisma/generate.ts')];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  };
  generate();
  const client = path.join(root, 'src/storage/generated/postgresql/client.ts');
  const before = statSync(client).mtimeMs;
  generate();
  expect(statSync(client).mtimeMs).toBe(before);
});
