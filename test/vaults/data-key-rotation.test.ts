import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/log.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import { Scrubber } from '../../src/scrub.ts';
import { SEALED_PLACES } from '../../src/sealed-places.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { clientOf } from '../../src/storage/scoped-database.ts';
import { DataKeyRotation, listDataKeys } from '../../src/vaults/data-key-rotation.ts';
import type { DataKeys } from '../../src/vaults/data-keys.ts';
import { resealPage } from '../../src/vaults/sealed-place.ts';
import { describeWith } from '../support/skip.ts';
import { type SealedRow, sealInEveryPlace } from './sealed-rows.ts';
import { DIALECTS, localItems, openFixture, type VaultFixture } from './vault-fixture.ts';

const secret = (value: string) => ({ credential_type: 'secret' as const, secret_value: value, secret_label: null });
/** When a retired key may go. */
const later = () => new Date(Date.now() + 3 * 60_000);

/** The same, but in a transaction something happens after the first time its data keys were read. */
function afterFirstRead(db: OrganizationDb, happens: () => Promise<void>): OrganizationDb {
  let first = true;
  return {
    ...db,
    transaction: (work) =>
      db.transaction((tx) => {
        const findMany = (async (args) => {
          const rows = await tx.dataKey.findMany(args);
          if (first) {
            first = false;
            await happens();
          }
          return rows;
        }) as typeof tx.dataKey.findMany;
        return work({ ...tx, dataKey: { ...tx.dataKey, findMany } });
      }),
  };
}

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `the data key on ${dialect}`, () => {
    let fixture: VaultFixture;
    let db: OrganizationDb;
    let other: OrganizationDb;
    let rows: SealedRow[];
    beforeEach(async () => {
      fixture = await openFixture(dialect);
      db = await fixture.organization();
      other = await fixture.organization();
      rows = await sealInEveryPlace(fixture, db, 'kept through it all');
    });
    afterEach(() => fixture.close());

    const rotationBy = (dataKeys: DataKeys) => {
      const log = createLogger({ level: 'silent', scrubber: new Scrubber() });
      return new DataKeyRotation({ database: fixture.database, dataKeys, log }, SEALED_PLACES);
    };
    const sweep = (now: Date, dataKeys = fixture.dataKeys) => rotationBy(dataKeys).sweep(now);
    const keys = async (of = db) =>
      (await listDataKeys(of, SEALED_PLACES)).map(({ current, sealed_rows }) => [current, sealed_rows]);
    const asProcess = (dataKeys: DataKeys) => ({
      database: fixture.database,
      dataKeys,
      vault: localItems(dataKeys),
      services: { ...fixture.services, profiles: new ProfileStore(dataKeys) },
    });
    const expectReadable = async (dataKeys: DataKeys) => {
      for (const row of rows) {
        expect([row.model, await row.read(asProcess(dataKeys))]).toEqual([row.model, 'kept through it all']);
      }
    };
    const actions = async () =>
      (await db.auditEvent.findMany({ orderBy: { sequence: 'asc' } }))
        .map((event) => event.action)
        .filter((action) => action.startsWith('data_key'));

    test('is replaced: old rows are sealed anew, then the old key is gone', async () => {
      const places = SEALED_PLACES.length;
      const hmac = await fixture.dataKeys.hmac(db, 'lease', 'x');
      const untouched = await keys(other);
      await fixture.dataKeys.rotate(db, 'ak_1');
      expect(await keys()).toEqual([
        [false, places],
        [true, 0],
      ]);
      await expectReadable(fixture.dataKeys);
      await sweep(new Date());
      expect(await keys()).toEqual([
        [false, 0],
        [true, places],
      ]);
      await sweep(later());
      expect(await keys()).toEqual([[true, places]]);
      const destroyed = await db.dataKey.findMany({ where: { destroyed_at: { not: null } } });
      expect(destroyed.map((row) => row.wrapped.length)).toEqual([0]);
      await fixture.dataKeys.rotateMasterKey('service');
      for (const dataKeys of [fixture.dataKeys, await fixture.reload()]) {
        await expectReadable(dataKeys);
        expect(await dataKeys.hmac(db, 'lease', 'x')).toBe(hmac);
      }
      await fixture.dataKeys.rotate(db, 'ak_1');
      await sweep(later());
      await expectReadable(await fixture.reload());
      expect(await (await fixture.reload()).hmac(db, 'lease', 'x')).toBe(hmac);
      expect(await keys()).toEqual([[true, places]]);
      expect(await keys(other)).toEqual(untouched);
      expect(await actions()).toEqual([
        'data_key.rotated',
        'data_key.destroyed',
        'data_key.rotated',
        'data_key.destroyed',
      ]);
    });

    test('is replaced once at a time', async () => {
      const second = await fixture.reload();
      const outcomes = await Promise.allSettled(
        [fixture.dataKeys, second].map((dataKeys) => dataKeys.rotate(db, 'ak_1')),
      );
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(fixture.dataKeys.rotate(db, 'ak_1')).rejects.toMatchObject({ code: 'conflict' });
      expect(await keys()).toHaveLength(2);
      await sweep(later());
      await fixture.dataKeys.rotate(db, 'ak_1');
      expect(await keys()).toHaveLength(2);
    });

    // The embedded database has one writer: there the second one has not begun to read.
    if (dialect === 'postgresql') {
      test('is replaced once, even if one ends while the other is reading', async () => {
        const reading = Promise.withResolvers<void>();
        const ended = Promise.withResolvers<void>();
        const slow = (await fixture.reload()).rotate(
          afterFirstRead(db, async () => {
            reading.resolve();
            await ended.promise;
          }),
          'ak_1',
        );
        await reading.promise;
        await fixture.dataKeys.rotate(db, 'ak_1');
        ended.resolve();
        await expect(slow).rejects.toMatchObject({ code: 'conflict' });
        expect(await keys()).toHaveLength(2);
      });
    }

    test('is replaced while secrets are read and written, also by a process that has not heard of it', async () => {
      const slow = await fixture.reload();
      let going = true;
      /** Overwrites one row again and again, and finds what it wrote last. */
      const overwriting = async (dataKeys: DataKeys) => {
        const { services } = asProcess(dataKeys);
        const session = (round: number) => ({
          storage_state: round,
          session_storage: {},
          passkeys: [],
          context_options: {},
          landing_url: null,
        });
        const name = { credentialId: 'cred_1', name: 'P' };
        let round = 0;
        const profileId = await services.profiles.publish(db, { ...name, profileId: null, session: session(round) });
        while (going) {
          round += 1;
          await services.profiles.publish(db, { ...name, profileId, session: session(round) });
          expect((await services.profiles.open(db, profileId))?.storage_state).toBe(round);
          await setImmediate();
        }
        return async (reader: DataKeys) => {
          expect((await new ProfileStore(reader).open(db, profileId))?.storage_state).toBe(round);
          return round;
        };
      };
      /** Replaces an item by a new one again and again. */
      const replacing = async (dataKeys: DataKeys) => {
        const vault = localItems(dataKeys);
        let round = 0;
        let item = await vault.create(db, 'cred_2', secret('round 0'));
        while (going) {
          round += 1;
          item = await vault.update(db, 'cred_2', item, secret(`round ${round}`));
          expect(await vault.read(db, 'cred_2', item)).toEqual(secret(`round ${round}`));
          await setImmediate();
        }
        return async (reader: DataKeys) => {
          expect(await localItems(reader).read(db, 'cred_2', item)).toEqual(secret(`round ${round}`));
          return round;
        };
      };
      const traffic = [fixture.dataKeys, slow].flatMap((dataKeys) => [overwriting(dataKeys), replacing(dataKeys)]);
      await fixture.dataKeys.rotate(db, 'ak_1');
      for (let turn = 0; turn < 10; turn += 1) {
        await sweep(later());
        await expectReadable(fixture.dataKeys);
      }
      going = false;
      const checks = await Promise.all(traffic);
      await sweep(later());
      expect((await keys()).map(([current]) => current)).toEqual([true]);
      for (const check of checks) expect(await check(await fixture.reload())).toBeGreaterThan(1);
    });

    test.each([
      ['before the first page', 0],
      ['between pages', 1],
      ['after the last page', 3],
    ])('a crash %s is taken up by who comes next', async (_when, pages) => {
      const items: string[] = [];
      for (let number = 0; number < 50; number += 1) {
        items.push(await fixture.vault.create(db, 'cred_1', secret(`item ${number}`)));
      }
      await fixture.dataKeys.rotate(db, 'ak_1');
      const [old] = await db.dataKey.findMany({ where: { retired_at: { not: null } } });
      const [place] = SEALED_PLACES;
      if (!old || !place) throw new Error('There is nothing to rotate');
      let after: string | null = '';
      for (let page = 0; page < pages; page += 1) {
        const onDamaged = (_id: string, error: unknown) => expect.unreachable(String(error));
        after = await resealPage(fixture.dataKeys, db, place, { keys: [old.id], after: after ?? '', onDamaged });
      }
      const left = await db.vaultItem.count({ where: { data_key_id: old.id } });
      expect(left).toBe(Math.max(0, 51 - pages * 20));
      const restarted = await fixture.reload();
      await sweep(later(), restarted);
      expect((await keys()).map(([current]) => current)).toEqual([true]);
      const vault = localItems(await fixture.reload());
      for (const [number, item] of items.entries()) {
        expect(await vault.read(db, 'cred_1', item)).toEqual(secret(`item ${number}`));
      }
    });

    test('a process that still holds the old key in memory reads what the new one sealed, and its late rows are refused', async () => {
      const slow = await fixture.reload();
      const vault = localItems(slow);
      const before = await vault.create(db, 'cred_1', secret('before'));
      await fixture.dataKeys.rotate(db, 'ak_1');
      const under = await vault.create(db, 'cred_1', secret('under the old key'));
      await sweep(new Date());
      expect(await localItems(fixture.dataKeys).read(db, 'cred_1', under)).toEqual(secret('under the old key'));
      const sealedLate = await slow.seal(db, { record: 'cred_1/vi_late', field: 'secret' }, Buffer.from('{}'));
      await sweep(later());
      const { organizationId: organization_id } = db;
      const late = { id: 'vi_late', organization_id, credential_id: 'cred_1', created_at: new Date(), ...sealedLate };
      await expect(db.vaultItem.create({ data: late })).rejects.toThrow(/Foreign key|the data key was destroyed/);
      expect(await vault.read(db, 'cred_1', before)).toEqual(secret('before'));
    });

    test('a row that does not open is left as it is, and keeps its key', async () => {
      const item = await fixture.vault.create(db, 'cred_1', secret('damaged'));
      const sealed = new Uint8Array(60).fill(1);
      await db.vaultItem.updateMany({ where: { id: item }, data: { sealed } });
      await fixture.dataKeys.rotate(db, 'ak_1');
      await sweep(later());
      expect(await keys()).toEqual([
        [false, 1],
        [true, SEALED_PLACES.length],
      ]);
      const row = await db.vaultItem.findUniqueOrThrow({ where: { id: item } });
      expect(Buffer.from(row.sealed).equals(Buffer.from(sealed))).toBe(true);
      await expectReadable(await fixture.reload());
      await db.vaultItem.deleteMany({ where: { id: item } });
      await sweep(later());
      expect(await keys()).toEqual([[true, SEALED_PLACES.length]]);
    });

    if (dialect === 'sqlite') return;
    test('is not destroyed under a row that is just being written', async () => {
      const slow = await fixture.reload();
      const vault = localItems(slow);
      await slow.hmac(db, 'lease', 'x');
      await fixture.dataKeys.rotate(db, 'ak_1');
      const written = Promise.withResolvers<string>();
      const commit = Promise.withResolvers<void>();
      const writing = db.transaction(async (tx) => {
        written.resolve(await vault.create(tx, 'cred_1', secret('just in time')));
        await commit.promise;
      });
      const item = await written.promise;
      const sweeping = sweep(later());
      const waiting = async () => {
        const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
        return (await clientOf(db).$queryRawUnsafe<{ n: number }[]>(sql))[0]?.n;
      };
      await expect.poll(waiting).toBe(1);
      commit.resolve();
      await Promise.all([writing, sweeping]);
      expect(await keys()).toEqual([
        [false, 1],
        [true, SEALED_PLACES.length],
      ]);
      await sweep(later());
      expect(await keys()).toEqual([[true, SEALED_PLACES.length + 1]]);
      expect(await localItems(await fixture.reload()).read(db, 'cred_1', item)).toEqual(secret('just in time'));
    });
  });
}
