import { expect, onTestFinished, test } from 'vitest';
import { Pulse } from '../../src/execution/pulse.ts';

const SHORT = { everyMs: 20, standstillMs: 200 };

function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test('a standstill shows at once, is told once, and is over then', async () => {
  let beats = 0;
  const pulse = new Pulse(() => {
    beats += 1;
  }, SHORT);
  onTestFinished(() => pulse.stop());
  let told = 0;
  const unwatch = pulse.watch(() => {
    told += 1;
  });
  await expect.poll(() => beats).toBeGreaterThan(3);
  expect([pulse.stoodStill, told]).toEqual([false, 0]);
  standStill(SHORT.standstillMs + 50);
  // Before any timer had a turn: what comes first is stopped already.
  expect([pulse.stoodStill, told]).toEqual([true, 0]);
  await expect.poll(() => told).toBe(1);
  expect(pulse.stoodStill).toBe(false);
  unwatch();
  standStill(SHORT.standstillMs + 50);
  const before = beats;
  await expect.poll(() => beats).toBeGreaterThan(before + 1);
  expect(told).toBe(1);
});
