import { expect, test } from 'vitest';
import { Stillness } from '../../src/stillness.ts';

const clock = { at: 0 };
const looking = (): Stillness => new Stillness(2_500, () => clock.at);
const at = (seconds: number, stillness: Stillness, values: Record<string, string>): string[] => {
  clock.at = seconds * 1000;
  return [...stillness.look(Object.entries(values), 20_000).keys()];
};

test('what does not change is still after its time, counted from the first look', () => {
  const stillness = looking();
  for (let second = 0; second < 20; second += 2.5) expect(at(second, stillness, { a: '1' })).toEqual([]);
  expect(at(20, stillness, { a: '1', b: '1' })).toEqual(['a']);
});

test('every change begins anew, whatever the value says about the time', () => {
  const stillness = looking();
  for (let second = 0; second <= 120; second += 2.5) {
    // Changes each 15 s, once to an hour ago and once to an hour ahead.
    const value = String(Math.floor(second / 15) % 2 === 0 ? -3_600_000 : 3_600_000);
    expect(at(second, stillness, { a: value })).toEqual([]);
  }
});

test('one that comes back after it was gone is new', () => {
  const stillness = looking();
  for (let second = 0; second <= 17.5; second += 2.5) at(second, stillness, { a: '1' });
  at(20, stillness, {});
  expect(at(22.5, stillness, { a: '1' })).toEqual([]);
});

test('a pause of the looker counts for next to nothing', () => {
  const stillness = looking();
  for (let second = 0; second <= 10; second += 2.5) at(second, stillness, { a: '1' });
  // An hour without a look, as on a machine that was asleep: nobody could show that it lives.
  expect(at(3_610, stillness, { a: '1' })).toEqual([]);
  expect(at(3_612.5, stillness, { a: '1' })).toEqual([]);
  expect(at(3_615, stillness, { a: '1' })).toEqual(['a']);
});
