import { expect, test } from 'vitest';
import { BackgroundWork } from '../../src/vaults/background-work.ts';

test('idle waits for all that runs, also for what was begun meanwhile', async () => {
  const background = new BackgroundWork();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  background.run(async () => {
    await first.promise;
    background.run(async () => void done.push('second'));
    done.push('first');
  });
  const idle = background.idle().then(() => done.push('idle'));
  expect(done).toEqual([]);
  first.resolve();
  await idle;
  expect(done).toEqual(['second', 'first', 'idle']);
});

test('close ends what runs and lets nothing more begin', async () => {
  const background = new BackgroundWork();
  const told: string[] = [];
  background.run(async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    told.push('ended');
  });
  await background.close();
  expect(told).toEqual(['ended']);
  background.run(async () => void told.push('begun'));
  await background.idle();
  expect(told).toEqual(['ended']);
});
