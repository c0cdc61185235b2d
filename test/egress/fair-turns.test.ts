import { expect, test } from 'vitest';
import { FairTurns } from '../../src/egress/fair-turns.ts';

/** Work of several that ends when the test says so. */
function work(limits: { all: number; each: number }) {
  const turns = new FairTurns(limits);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    ask(name: string, signal?: AbortSignal): Promise<string> {
      const begin = () => {
        begun.push(name);
        return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
      };
      // "a1" is the first piece of a's.
      return turns.take(name.charAt(0), begin, signal);
    },
    async end(name: string): Promise<void> {
      ends.get(name)?.();
      // What comes next begins in the same turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('each has so many at a time, whatever the others have', async () => {
  const { ask, end, begun } = work({ all: 10, each: 2 });
  const all = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => ask(name));
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  await end('b1');
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  await end('a2');
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const name of ['a1', 'a3', 'a4']) await end(name);
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
});

test('where all are taken, the next one is for whoever has the fewest', async () => {
  const { ask, end, begun } = work({ all: 3, each: 2 });
  for (const name of ['a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'c1']) void ask(name);
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  await end('a1');
  expect(begun.at(-1)).toBe('c1');
  await end('c1');
  expect(begun.at(-1)).toBe('a3');
});

test('what is given up before its turn never begins, and what fails gives its turn back', async () => {
  const { ask, end, begun } = work({ all: 1, each: 1 });
  const turns = new FairTurns({ all: 1, each: 1 });
  await expect(turns.take('a', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await turns.take('a', async () => 'next')).toBe('next');
  const over = new AbortController();
  void ask('a1');
  const given = ask('a2', over.signal);
  void ask('b1');
  over.abort(new Error('given up'));
  await expect(given).rejects.toThrow('given up');
  await expect(ask('a3', over.signal)).rejects.toThrow('given up');
  await end('a1');
  expect(begun).toEqual(['a1', 'b1']);
});
