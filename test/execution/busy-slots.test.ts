import { expect, test } from 'vitest';
import { type BusySlot, BusySlots } from '../../src/execution/busy-slots.ts';

const never = new AbortController().signal;

/** Notes in `order` when the promise is fulfilled. */
function noting(order: string[], name: string, slot: Promise<unknown>): void {
  void slot.then(() => order.push(name));
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('hands out its places in the order they were asked for', async () => {
  const slots = new BusySlots(2);
  const [first, second] = [await slots.acquire(never), await slots.acquire(never)];
  const order: string[] = [];
  noting(order, 'third', slots.acquire(never));
  noting(order, 'fourth', slots.acquire(never));
  await turn();
  expect(order).toEqual([]);
  first.release();
  first.release();
  await turn();
  expect(order).toEqual(['third']);
  second.release();
  await turn();
  expect(order).toEqual(['third', 'fourth']);
});

test('a run that comes back goes before those that have not begun', async () => {
  const slots = new BusySlots(1);
  const waiting: BusySlot = await slots.acquire(never);
  waiting.release();
  const busy = await slots.acquire(never);
  const order: string[] = [];
  noting(
    order,
    'fresh',
    slots.acquire(never).then((slot) => slot.release()),
  );
  noting(order, 'back', waiting.retake());
  busy.release();
  await turn();
  expect(order).toEqual(['back']);
  waiting.release();
  await turn();
  expect(order).toEqual(['back', 'fresh']);
});

test('who stops waiting takes no place', async () => {
  const slots = new BusySlots(1);
  const held = await slots.acquire(never);
  const abort = new AbortController();
  const stopped = slots.acquire(abort.signal);
  const patient = slots.acquire(never);
  abort.abort('canceled');
  await expect(stopped).rejects.toBe('canceled');
  held.release();
  (await patient).release();
  await expect(slots.acquire(AbortSignal.abort('late'))).rejects.toBe('late');
  (await slots.acquire(never)).release();
});

test('a run that ends while it waits to come back leaves its place to the others', async () => {
  const slots = new BusySlots(1);
  const ended = await slots.acquire(never);
  ended.release();
  const busy = await slots.acquire(never);
  const back = ended.retake();
  ended.end();
  await expect(back).rejects.toThrow('The run is over.');
  busy.end();
  await expect(ended.retake()).rejects.toThrow('The run is over.');
  (await slots.acquire(never)).end();
});

test('a place that comes just as its run ends is given back', async () => {
  const slots = new BusySlots(1);
  const ended = await slots.acquire(never);
  ended.release();
  const busy = await slots.acquire(never);
  const back = ended.retake();
  busy.release();
  ended.end();
  await expect(back).rejects.toThrow('The run is over.');
  (await slots.acquire(never)).end();
});
