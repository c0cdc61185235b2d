import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCredential } from '../../src/credentials/credential-secret.ts';
import { patchCredential } from '../../src/credentials/credential-store.ts';
import { passwordColumns, passwordSecret } from '../../src/credentials/parse-secret.ts';
import {
  createTemporaryCredential,
  keepTemporaryUntil,
  removeExpired,
  removeOrphans,
  removeTemporaryCredential,
} from '../../src/credentials/temporary-credential.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { describeWith } from '../support/skip.ts';
import { DIALECTS, openFixture, type VaultFixture } from '../vaults/vault-fixture.ts';

const MINUTE = 60_000;
const PASSWORD = {
  username: 'ada',
  password: 'kt-temporary',
  totp: null,
  totp_type: 'none' as const,
  totp_identifier: null,
  totp_url: null,
  recovery_codes: [],
  use_recovery_codes: false,
  mailbox: null,
  passkey: null,
  extra_fields: {},
};
const SESSION = { storage_state: { cookies: [], origins: [] }, session_storage: {}, landing_url: null };

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `temporary credentials on ${dialect}`, () => {
    let fixture: VaultFixture;
    beforeAll(async () => {
      fixture = await openFixture(dialect);
    });
    afterAll(() => fixture.close());

    const temporary = (db: OrganizationDb, expiresAt: Date) =>
      db.transaction((tx) => createTemporaryCredential(fixture.services, tx, { ...PASSWORD, expires_at: expiresAt }));
    const counts = async (db: OrganizationDb) => [
      await db.credential.count(),
      await db.vaultItem.count(),
      await db.browserProfile.count(),
    ];
    /** A profile of a credential, linked to it. */
    const withProfile = async (db: OrganizationDb, credentialId: string) => {
      const profileId = await db.transaction((tx) =>
        fixture.services.profiles.publish(tx, {
          profileId: null,
          credentialId,
          name: 'Profile',
          session: SESSION as never,
        }),
      );
      await db.credential.updateMany({ where: { id: credentialId }, data: { browser_profile_id: profileId } });
    };

    test('go with secret and profile when their time is over, in every organization, and no other does', async () => {
      const [one, other] = [await fixture.organization(), await fixture.organization()];
      const now = Date.now();
      const expired = await temporary(one, new Date(now - 1));
      await withProfile(one, expired.id);
      await temporary(other, new Date(now - MINUTE));
      const alive = await temporary(one, new Date(now + MINUTE));
      const kept = await temporary(one, new Date(now + MINUTE));
      await one.credential.updateMany({ where: { id: kept.id }, data: { temporary: false, expires_at: null } });
      expect(await removeExpired(fixture.services, fixture.database, new Date(now))).toBe(2);
      expect(await counts(one)).toEqual([2, 2, 0]);
      expect(await counts(other)).toEqual([0, 0, 0]);
      expect(await removeExpired(fixture.services, fixture.database, new Date(now + 2 * MINUTE))).toBe(1);
      expect(await one.credential.findFirst({ where: { id: alive.id } })).toBeNull();
      expect(await counts(one)).toEqual([1, 1, 0]);
    });

    test('end later, or never, when they are worth keeping', async () => {
      const db = await fixture.organization();
      const now = Date.now();
      const row = await temporary(db, new Date(now + MINUTE));
      await db.transaction((tx) => keepTemporaryUntil(tx, row.id, new Date(now + 3 * MINUTE)));
      await removeExpired(fixture.services, fixture.database, new Date(now + 2 * MINUTE));
      expect(await counts(db)).toEqual([1, 1, 0]);
      await db.credential.updateMany({ where: { id: row.id }, data: { temporary: false, expires_at: null } });
      await db.transaction((tx) => keepTemporaryUntil(tx, row.id, new Date(now)));
      expect(await db.transaction((tx) => removeTemporaryCredential(fixture.services, tx, row.id))).toBe(false);
      await removeExpired(fixture.services, fixture.database, new Date(now + 9 * MINUTE));
      expect(await counts(db)).toEqual([1, 1, 0]);
    });

    test('one that is made permanent while it is swept stays whole', async () => {
      for (let round = 0; round < 20; round += 1) {
        const db = await fixture.organization();
        const row = await temporary(db, new Date(Date.now() - 1));
        const [, kept] = await Promise.all([
          removeExpired(fixture.services, fixture.database, new Date()),
          patchCredential(db, row.id, { name: 'kept' }, 'service').then(
            () => true,
            () => false,
          ),
        ]);
        expect(await counts(db)).toEqual(kept ? [1, 1, 0] : [0, 0, 0]);
      }
    });

    test('more than one page of them, removed by two sweeps at once', { timeout: 60_000 }, async () => {
      const db = await fixture.organization();
      const over = new Date(Date.now() - 1);
      await db.transaction(async (tx) => {
        for (let made = 0; made < 230; made += 1) {
          await createTemporaryCredential(fixture.services, tx, { ...PASSWORD, expires_at: over });
        }
      });
      const sweep = () => removeExpired(fixture.services, fixture.database, new Date());
      const removed = await Promise.all([sweep(), sweep()]);
      expect(removed.reduce((sum, count) => sum + count)).toBe(230);
      expect(await counts(db)).toEqual([0, 0, 0]);
    });

    test('what lost its credential is found by its age', async () => {
      const db = await fixture.organization();
      const make = () =>
        createCredential(fixture.services, db, {
          name: 'stored',
          parsed: { secret: passwordSecret(PASSWORD), columns: passwordColumns(PASSWORD), allowedOrigins: null },
          vaultType: 'local',
          actor: 'service',
        });
      const [whole, broken] = [await make(), await make()];
      await withProfile(db, whole.id);
      await withProfile(db, broken.id);
      await db.credential.deleteMany({ where: { id: broken.id } });
      expect(await counts(db)).toEqual([1, 2, 2]);
      expect(await removeOrphans(fixture.database, new Date())).toBe(0);
      expect(await removeOrphans(fixture.database, new Date(Date.now() + 11 * MINUTE))).toBe(2);
      expect(await counts(db)).toEqual([1, 1, 1]);
    });
  });
}
