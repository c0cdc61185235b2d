import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StatementThread } from '../../src/storage/statement-thread.ts';
import { startNodeProgram } from '../support/child-program.ts';

const PROGRAM = path.join(import.meta.dirname, 'thread-end-program.ts');

function newThread(): StatementThread {
  const folder = mkdtempSync(path.join(tmpdir(), 'thread-'));
  const thread = new StatementThread(path.join(folder, 'some.db'));
  onTestFinished(async () => {
    await thread.close();
    rmSync(folder, { recursive: true });
  });
  return thread;
}

test('answers in the order of the questions, values as they were', async () => {
  const thread = newThread();
  await thread.script('PRAGMA journal_mode = WAL; CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB)');
  const bytes = Buffer.from([0, 1, 254, 255]);
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const insert = 'INSERT INTO things VALUES (?, ?, ?)';
  const writes = numbers.map((id) => thread.run(insert, [id, `n${id}`, id === 7 ? bytes : null]));
  const count = thread.run('SELECT count(*) AS n FROM things', []);
  expect((await Promise.all(writes)).map(({ rowsAffected }) => rowsAffected)).toEqual(numbers.map(() => 1));
  expect(await count).toEqual({ columns: ['n'], columnTypes: [''], rows: [[50]], rowsAffected: 0 });
  const { columns, columnTypes, rows } = await thread.run('SELECT * FROM things WHERE id = ?', [7]);
  expect([columns, columnTypes]).toEqual([
    ['id', 'name', 'bytes'],
    ['INTEGER', 'TEXT', 'BLOB'],
  ]);
  expect(rows[0]?.slice(0, 2)).toEqual([7, 'n7']);
  expect(Buffer.from(rows[0]?.[2] as ArrayBuffer)).toEqual(bytes);
});

test("tells what is wrong in SQLite's own codes, and goes on", async () => {
  const thread = newThread();
  await thread.script('CREATE TABLE things (id INTEGER PRIMARY KEY)');
  await thread.run('INSERT INTO things VALUES (1)', []);
  await expect(thread.run('INSERT INTO things VALUES (1)', [])).rejects.toMatchObject({ rawCode: 1555 });
  await expect(thread.run('SELECT * FROM missing', [])).rejects.toThrow('no such table');
  // A script that fails half way leaves no transaction open.
  await expect(thread.script('BEGIN; INSERT INTO things VALUES (2); INSERT INTO missing VALUES (1)')).rejects.toThrow();
  expect((await thread.run('SELECT id FROM things', [])).rows).toEqual([[1]]);
  // What a script changes of a table is seen by statements that were sent before.
  const all = 'SELECT * FROM things';
  expect((await thread.run(all, [])).columns).toEqual(['id']);
  await thread.script('ALTER TABLE things ADD COLUMN name TEXT');
  expect((await thread.run(all, [])).columns).toEqual(['id', 'name']);
});

test('answers what was asked before it is closed, and nothing after', async () => {
  const thread = newThread();
  await thread.script('CREATE TABLE things (id INTEGER PRIMARY KEY)');
  const last = thread.run('INSERT INTO things VALUES (1)', []);
  await thread.close();
  await expect(last).resolves.toMatchObject({ rowsAffected: 1 });
  await expect(thread.run('SELECT 1', [])).rejects.toThrow('The database is closed.');
});

test('a process does not outlive its thread', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thread-'));
  const program = startNodeProgram([PROGRAM, path.join(folder, 'some.db')], folder);
  onTestFinished(async () => {
    await program.close();
    rmSync(folder, { recursive: true });
  });
  await program.printed(/asks/, 20_000);
  // 1, or a signal: libSQL may abort when it is ended like this.
  expect(await program.ended).not.toBe(0);
});

test('a file that cannot be opened is told by the first question', async () => {
  const thread = new StatementThread(path.join(tmpdir(), 'nowhere', 'some.db'));
  await expect(thread.run('SELECT 1', [])).rejects.toMatchObject({ code: expect.any(String) });
  await thread.close();
});
