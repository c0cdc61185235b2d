import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { describeWith } from '../support/skip.ts';
import { describeVault } from './vault-contract.ts';
import { DIALECTS, openFixture, type VaultFixture } from './vault-fixture.ts';

function passwordSecret() {
  return {
    credential_type: 'password' as const,
    username: 'alice',
    password: randomBytes(12).toString('base64url'),
    totp: null,
    extra_fields: { 'Customer number': '0042', 'naïve \ud800': '\u0000' },
  };
}

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `the built-in vault on ${dialect}`, () => {
    let fixture: VaultFixture;
    beforeAll(async () => {
      fixture = await openFixture(dialect);
    });
    afterAll(() => fixture.close());
    const local = (db: OrganizationDb) => fixture.services.secrets.vaults.local(db);
    describeVault('of the database', async () => ({
      vault: local(await fixture.organization()),
      token: 'none',
      keepsAddresses: false,
      goWrong: null,
      close: async () => {},
    }));

    test('keeps a secret and gives it back whole', async () => {
      const db = await fixture.organization();
      const secret = passwordSecret();
      const id = await fixture.vault.create(db, 'cred_1', secret);
      expect(await fixture.vault.read(db, 'cred_1', id)).toEqual(secret);
    });

    test('stores nothing readable', async () => {
      const db = await fixture.organization();
      const secret = passwordSecret();
      await fixture.vault.create(db, 'cred_1', secret);
      const [row] = await db.vaultItem.findMany();
      expect(Buffer.from(row?.sealed ?? []).includes(secret.password)).toBe(false);
      expect(Buffer.from(row?.sealed ?? []).includes('alice')).toBe(false);
    });

    test('a row copied to another credential, item or organization does not open', async () => {
      const db = await fixture.organization();
      const other = await fixture.organization();
      const id = await fixture.vault.create(db, 'cred_1', passwordSecret());
      const row = await db.vaultItem.findFirstOrThrow({ where: { id } });

      const copy = { ...row, id: newId('vaultItem') };
      await db.vaultItem.create({ data: copy });
      await expect(fixture.vault.read(db, 'cred_1', copy.id)).rejects.toMatchObject({ code: 'unseal_failed' });

      await db.vaultItem.updateMany({ where: { id }, data: { credential_id: 'cred_2' } });
      await expect(fixture.vault.read(db, 'cred_2', id)).rejects.toMatchObject({ code: 'unseal_failed' });
      await expect(fixture.vault.read(db, 'cred_1', id)).rejects.toMatchObject({ code: 'not_found' });

      const foreign = { ...row, id: newId('vaultItem'), organization_id: other.organizationId };
      await other.vaultItem.create({ data: foreign });
      await expect(fixture.vault.read(other, 'cred_1', foreign.id)).rejects.toMatchObject({ code: 'unseal_failed' });
      const otherKey = await other.dataKey.findFirstOrThrow();
      await other.vaultItem.updateMany({ where: { id: foreign.id }, data: { data_key_id: otherKey.id } });
      await expect(fixture.vault.read(other, 'cred_1', foreign.id)).rejects.toMatchObject({ code: 'unseal_failed' });
    });

    test('a data key copied to another organization does not open', async () => {
      const db = await fixture.organization();
      const other = await fixture.organization();
      const [mine] = await db.dataKey.findMany();
      await other.dataKey.updateMany({ data: { wrapped: mine?.wrapped } });
      await expect(fixture.reload()).rejects.toMatchObject({ code: 'bad_master_key' });
      await expect(fixture.vault.create(other, 'cred_1', passwordSecret())).rejects.toMatchObject({
        code: 'unseal_failed',
      });
      await fixture.database.asSystem('setup').dataKey.deleteMany({ where: { organization_id: other.organizationId } });
    });

    test("another organization's item is not found", async () => {
      const db = await fixture.organization();
      const other = await fixture.organization();
      const id = await fixture.vault.create(db, 'cred_1', passwordSecret());
      await expect(fixture.vault.read(other, 'cred_1', id)).rejects.toMatchObject({ code: 'not_found' });
      await fixture.vault.delete(other, 'cred_1', id);
      expect(await db.vaultItem.count()).toBe(1);
    });

    test('a deleted item is gone', async () => {
      const db = await fixture.organization();
      const id = await fixture.vault.create(db, 'cred_1', passwordSecret());
      await fixture.vault.delete(db, 'cred_1', id);
      await fixture.vault.delete(db, 'cred_1', id);
      expect(await db.vaultItem.count()).toBe(0);
    });

    test('a rolled back transaction leaves no item', async () => {
      const db = await fixture.organization();
      const stop = new Error('stop');
      const work = db.transaction(async (tx) => {
        await fixture.vault.create(tx, 'cred_1', passwordSecret());
        throw stop;
      });
      await expect(work).rejects.toBe(stop);
      expect(await db.vaultItem.count()).toBe(0);
    });

    test('HMACs are stable over restarts and differ by purpose and organization', async () => {
      const db = await fixture.organization();
      const other = await fixture.organization();
      const hmac = await fixture.dataKeys.hmac(db, 'lease', 'alice');
      expect(hmac).toMatch(/^[0-9a-f]{64}$/);
      expect(await (await fixture.reload()).hmac(db, 'lease', 'alice')).toBe(hmac);
      expect(await fixture.dataKeys.hmac(db, 'ledger', 'alice')).not.toBe(hmac);
      expect(await fixture.dataKeys.hmac(other, 'lease', 'alice')).not.toBe(hmac);
      expect(await fixture.dataKeys.hmac(db, 'leas', 'ealice')).not.toBe(hmac);
    });
  });
}
