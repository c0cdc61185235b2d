import { expect, test, vi } from 'vitest';
import { LEASE_SECONDS, leaseSubject, releaseLeases, renewLeases, takeLease } from '../../src/runs/leases.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

describeOnEachDatabase('a lease', (databases) => {
  const fresh = async () => newOrganization(await databases.open());
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

  test('belongs to one run until it is released', async () => {
    const db = await fresh();
    expect(await takeLease(db, 'key', 'wr_1')).toBe(true);
    expect(await takeLease(db, 'key', 'wr_1')).toBe(true);
    expect(await takeLease(db, 'key', 'wr_2')).toBe(false);
    expect(await takeLease(db, 'another', 'wr_2')).toBe(true);
    await releaseLeases(db, 'wr_1');
    expect(await takeLease(db, 'key', 'wr_2')).toBe(true);
    await releaseLeases(db, 'wr_2');
    expect(await db.lease.count()).toBe(0);
  });

  test('of 20 that want it one gets it, and so when it is over', async () => {
    const db = await fresh();
    const taken = (round: string) =>
      Promise.all(Array.from({ length: 20 }, (_, at) => takeLease(db, 'key', `wr_${round}_${at}`)));
    expect((await taken('a')).filter(Boolean)).toHaveLength(1);
    expect((await taken('b')).filter(Boolean)).toHaveLength(0);
    expect((await later(LEASE_SECONDS + 1, () => taken('c'))).filter(Boolean)).toHaveLength(1);
  });

  test('lives as long as it is renewed', async () => {
    const db = await fresh();
    await takeLease(db, 'key', 'wr_1');
    await later(LEASE_SECONDS - 1, () => renewLeases(db, 'wr_1'));
    expect(await later(LEASE_SECONDS + 1, () => takeLease(db, 'key', 'wr_2'))).toBe(false);
    expect(await later(2 * LEASE_SECONDS, () => takeLease(db, 'key', 'wr_2'))).toBe(true);
  });
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
