import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ThreadWatch } from '../../src/execution/thread-watch.ts';

const STUCK_MS = 15_000;
let stuck: number[];
let watch: ThreadWatch;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  stuck = [];
  watch = new ThreadWatch((thread) => stuck.push(thread), STUCK_MS);
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

/** Lets seconds go by, in each of which these threads beat. */
function pass(seconds: number, ...beating: number[]): void {
  for (let second = 0; second < seconds; second += 1) {
    for (const pulse of beating) watch.heard({ pulse });
    vi.advanceTimersByTime(1_000);
  }
}

test('a thread that beats is never told, and one that stops is', () => {
  watch.began(1, { loaded: false });
  watch.began(2, { loaded: false });
  pass(60, 1, 2);
  expect([stuck, watch.answering]).toEqual([[], 2]);
  pass(11, 2);
  expect([stuck, watch.answering]).toEqual([[], 1]);
  pass(10, 2);
  expect(new Set(stuck)).toEqual(new Set([1]));
});

test('one that has loaded and stops before anybody heard it is told as well', () => {
  watch.began(3, { loaded: true });
  pass(21);
  expect(new Set(stuck)).toEqual(new Set([3]));
});

test('one that is loading has more time, but not for ever', () => {
  watch.began(1, { loaded: false });
  pass(25);
  expect([stuck, watch.answering]).toEqual([[], 1]);
  pass(45);
  expect(new Set(stuck)).toEqual(new Set([1]));
});

test('the last beat of one that has ended does not bring it back', () => {
  watch.began(1, { loaded: false });
  pass(5, 1);
  watch.ended(1);
  watch.heard({ pulse: 1 });
  pass(120);
  expect([stuck, watch.answering]).toEqual([[], 0]);
});
