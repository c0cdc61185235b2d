import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reserveCounters, settleCounters } from '../../src/codes/passkey-counter.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { describeWith } from '../support/skip.ts';
import { DIALECTS, openFixture, type VaultFixture } from '../vaults/vault-fixture.ts';

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `counters of passkeys on ${dialect}`, () => {
    let fixture: VaultFixture;
    let db: OrganizationDb;
    beforeAll(async () => {
      fixture = await openFixture(dialect);
    });
    beforeEach(async () => {
      db = await fixture.organization();
    });
    afterAll(() => fixture.close());

    const reserve = (known = 0, passkeyId = 'AQID', at = db) =>
      reserveCounters(fixture.dataKeys, at, { passkeyId, known });

    test('what was set aside and never settled stays used', async () => {
      const first = await reserve(7);
      expect(first.from).toBe(7);
      expect(first.until).toBeGreaterThan(first.from);
      expect((await reserve(7)).from).toBe(first.until);
    });

    test('a settled run leaves the next one its true counter', async () => {
      const first = await reserve();
      await settleCounters(db, first, 1);
      expect((await reserve()).from).toBe(1);
    });

    test('one that settles late does not take back what a later run was given', async () => {
      const first = await reserve();
      const second = await reserve();
      await settleCounters(db, first, 1);
      expect((await reserve()).from).toBe(second.until);
    });

    test('more signatures than were set aside count too', async () => {
      const first = await reserve();
      await settleCounters(db, first, first.until + 5);
      expect((await reserve()).from).toBe(first.until + 5);
    });

    test('a passkey that comes with a higher counter starts there, one with a lower does not go back', async () => {
      await settleCounters(db, await reserve(10), 11);
      expect((await reserve(5)).from).toBe(11);
      expect((await reserve(5_000)).from).toBe(5_000);
    });

    test('of 20 at once none shares a counter with another', async () => {
      const given = await Promise.all(Array.from({ length: 20 }, () => reserve()));
      const ranges = given.toSorted((a, b) => a.from - b.from);
      for (const [index, range] of ranges.entries()) {
        if (index > 0) expect(range.from).toBeGreaterThanOrEqual(ranges[index - 1]?.until ?? 0);
      }
    });

    test('each passkey and each organization counts by itself', async () => {
      await reserve(40);
      expect((await reserve(0, 'BAUG')).from).toBe(0);
      expect((await reserve(0, 'AQID', await fixture.organization())).from).toBe(0);
    });
  });
}
