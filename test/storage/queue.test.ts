import { describe, expect, test } from 'vitest';
import type { BusMessage, Storage } from '../../src/storage/db.ts';
import { LocalBus } from '../../src/storage/local-bus.ts';
import { BACKSTOP_MS } from '../../src/storage/local-queue.ts';
import { clientOf } from '../../src/storage/scoped-database.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

/** Counts wake-ups, and lets one wait for the next. */
async function listenTo(storage: Storage) {
  let wakes = 0;
  let waiting: (() => void)[] = [];
  await storage.queue.listen(() => {
    wakes += 1;
    for (const resolve of waiting) resolve();
    waiting = [];
  });
  return {
    count: () => wakes,
    /** Resolves at the next wake-up with the milliseconds it took. */
    next(): Promise<number> {
      const since = performance.now();
      return new Promise((resolve) => waiting.push(() => resolve(performance.now() - since)));
    },
  };
}

async function jobs(storage: Storage): Promise<unknown[]> {
  const system = storage.database.asSystem('dispatch');
  return clientOf(system).$queryRaw`SELECT data FROM pgboss.job WHERE name = 'runs'`;
}

async function announceOne(storage: Storage) {
  const db = await newOrganization(storage);
  const wake = await listenTo(storage);
  // The first wake-up comes with listening, the backstop's one second after it: the time between is free for ours.
  await wake.next();
  const heard = wake.next();
  await db.transaction((tx) => storage.queue.announce(tx, 'wr_1'));
  storage.queue.committed();
  return heard;
}

describeOnEachDatabase('the queue', (databases) => {
  test('wakes the listener after the run was committed', async () => {
    const storage = await databases.open();
    const took = await announceOne(storage);
    expect(took).toBeLessThan(BACKSTOP_MS);
  });

  test('wakes by itself, for a wake-up that was lost', async () => {
    const storage = await databases.open();
    const wake = await listenTo(storage);
    await wake.next();
    expect(await wake.next()).toBeLessThan(BACKSTOP_MS * 2);
  });

  test('is silent once it is closed', async () => {
    const storage = await databases.open();
    const wake = await listenTo(storage);
    await storage.queue.close();
    const before = wake.count();
    storage.queue.committed();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(wake.count()).toBe(before);
  });

  if (databases.dialect === 'sqlite') return;

  test('holds nothing but the id of the run, written or dropped together with it', async () => {
    const storage = await databases.open();
    const db = await newOrganization(storage);
    await db.transaction((tx) => storage.queue.announce(tx, 'wr_kept'));
    const dropped = db.transaction(async (tx) => {
      await storage.queue.announce(tx, 'wr_dropped');
      throw new Error('on purpose');
    });
    await expect(dropped).rejects.toThrow('on purpose');
    expect(await jobs(storage)).toEqual([{ data: { run_id: 'wr_kept' } }]);
  });

  test('finds what was announced while nobody listened', async () => {
    const place = await databases.newPlace();
    const first = await databases.open(place);
    const db = await newOrganization(first);
    await db.transaction((tx) => first.queue.announce(tx, 'wr_1'));
    await first.close();
    const second = await databases.open(place);
    const wake = await listenTo(second);
    await wake.next();
    await expect.poll(async () => jobs(second), { timeout: 5_000 }).toHaveLength(1);
    const states = () => clientOf(second.database.asSystem('dispatch')).$queryRaw`SELECT state::text FROM pgboss.job`;
    await expect.poll(states, { timeout: 5_000 }).toEqual([{ state: 'completed' }]);
  });
});

describe('the bus', () => {
  const message: BusMessage = { type: 'cancel', run_id: 'wr_1' };

  test('reaches every listener until it unsubscribes', async () => {
    const errors: unknown[] = [];
    const bus = new LocalBus((error) => errors.push(error));
    const heard: string[] = [];
    const stop = bus.subscribe(() => heard.push('first'));
    bus.subscribe(() => {
      throw new Error('a bad listener');
    });
    bus.subscribe(({ type }) => heard.push(type));
    bus.publish(message);
    stop();
    bus.publish(message);
    await bus.close();
    bus.publish(message);
    expect(heard).toEqual(['first', 'cancel', 'cancel']);
    expect(errors).toHaveLength(2);
  });
});
