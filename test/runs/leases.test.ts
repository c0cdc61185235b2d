import { expect, test, vi } from 'vitest';
import {
  dropLeases,
  dropStillLeases,
  LEASE_SECONDS,
  leaseSubject,
  renewLeases,
  takeLease,
} from '../../src/runs/leases.ts';
import { Stillness } from '../../src/stillness.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

const HOUR = 3_600;

describeOnEachDatabase('a lease', (databases) => {
  const fresh = async () => {
    const storage = await databases.open();
    const system = storage.database.asSystem('dispatch');
    return { db: await newOrganization(storage), system };
  };
  /** The wall clock, so many seconds on; timers go on as they are. */
  const later = async <T>(seconds: number, work: () => Promise<T>): Promise<T> => {
    const now = Date.now() + seconds * 1000;
    vi.useFakeTimers({ toFake: ['Date'], now });
    try {
      return await work();
    } finally {
      vi.useRealTimers();
    }
  };
  /** Looks at the leases at these seconds of a clock that only goes forward, doing something after each look. */
  const looks = async (
    { system }: Awaited<ReturnType<typeof fresh>>,
    seconds: readonly number[],
    between = async () => {},
  ): Promise<void> => {
    let at = 0;
    const stillness = new Stillness(10_000, () => at * 1000);
    for (const second of seconds) {
      at = second;
      await dropStillLeases(system, stillness);
      await between();
    }
  };

  test('belongs to one run until it is released', async () => {
    const { db } = await fresh();
    expect(await takeLease(db, 'key', 'wr_1')).toBe(true);
    expect(await takeLease(db, 'key', 'wr_1')).toBe(true);
    expect(await takeLease(db, 'key', 'wr_2')).toBe(false);
    expect(await takeLease(db, 'another', 'wr_2')).toBe(true);
    await dropLeases(db, 'wr_1');
    expect(await takeLease(db, 'key', 'wr_2')).toBe(true);
    await dropLeases(db, 'wr_2');
    expect(await db.lease.count()).toBe(0);
  });

  test('of 20 that want it one gets it, and so when it is over', async () => {
    const all = await fresh();
    const taken = (round: string) =>
      Promise.all(Array.from({ length: 20 }, (_, at) => takeLease(all.db, 'key', `wr_${round}_${at}`)));
    expect((await taken('a')).filter(Boolean)).toHaveLength(1);
    expect((await taken('b')).filter(Boolean)).toHaveLength(0);
    await looks(all, [0, 10, 20, LEASE_SECONDS]);
    expect((await taken('c')).filter(Boolean)).toHaveLength(1);
  });

  test('lives as long as it is renewed', async () => {
    const all = await fresh();
    await takeLease(all.db, 'key', 'wr_1');
    let renewals = 0;
    await looks(all, [0, 10, 20, 30, 40, 50, 60, 70], async () => {
      renewals += 1;
      if (renewals < 6) await later(renewals, () => renewLeases(all.system, ['wr_1']));
    });
    expect(await takeLease(all.db, 'key', 'wr_2')).toBe(false);
    await looks(all, [0, 10, 20, 30]);
    expect(await takeLease(all.db, 'key', 'wr_2')).toBe(true);
  });

  test.each([HOUR, -HOUR])(
    'does not end, or last, because the clock of its holder or of another jumps %i s',
    async (jump) => {
      const all = await fresh();
      await takeLease(all.db, 'held', 'wr_1');
      await later(-jump, () => takeLease(all.db, 'held by one whose clock is wrong', 'wr_1'));
      for (const key of ['held', 'held by one whose clock is wrong']) {
        expect(await later(jump, () => takeLease(all.db, key, 'wr_2'))).toBe(false);
      }
      await later(jump, () => looks(all, [0, 10, 20]));
      expect(await all.db.lease.count()).toBe(2);
      await later(jump, () => looks(all, [0, 10, 20, 30]));
      expect(await all.db.lease.count()).toBe(0);
    },
  );
});

test('one account is one, however its name is written', () => {
  const origin = 'https://example.com';
  const subject = (name: string | null) => leaseSubject(name, origin);
  expect(subject('ADA@Example.com')).toBe(subject('ada@example.com'));
  expect(subject('\uff41\uff44\uff41')).toBe(subject('ada'));
  expect(subject(null)).toBe(subject(''));
  expect(subject('ada')).not.toBe(subject('ada '));
  expect(leaseSubject('ada', 'https://example.org')).not.toBe(subject('ada'));
  // No two pairs of name and origin read alike when they are put together.
  expect(leaseSubject('a","b', 'c')).not.toBe(leaseSubject('a', 'b","c'));
});
