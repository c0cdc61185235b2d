import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationDb } from '../../src/storage/db.ts';
import type { DataKeys } from '../../src/vaults/data-keys.ts';
import { fingerprint } from '../../src/vaults/master-keys.ts';
import { open, seal } from '../../src/vaults/seal.ts';
import { describeWith } from '../support/skip.ts';
import { createOrganization, DIALECTS, localItems, openFixture, type VaultFixture } from './vault-fixture.ts';

const secret = { credential_type: 'secret' as const, secret_value: 'v'.repeat(20), secret_label: null };

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `the master key on ${dialect}`, () => {
    let fixture: VaultFixture;
    let organizations: OrganizationDb[];
    let items: string[];

    async function start(masterKeys: Buffer[] = []): Promise<void> {
      fixture = await openFixture(dialect, masterKeys);
      organizations = await Promise.all([1, 2, 3].map(() => fixture.organization()));
      items = await Promise.all(organizations.map((db) => fixture.vault.create(db, 'cred_1', secret)));
    }
    beforeEach(() => start());
    afterEach(() => fixture.close());

    const keyFile = () => path.join(fixture.dataDir, 'master.key');
    const fileKeys = async () => (await readFile(keyFile(), 'utf8')).trim().split('\n');
    const rows = () => fixture.database.asSystem('setup').dataKey.findMany({ orderBy: { id: 'asc' } });
    const wrappedBy = async () => new Set((await rows()).map((row) => row.master_key_id));
    const readsAll = async (dataKeys: DataKeys) => {
      for (const [index, db] of organizations.entries()) {
        expect(await localItems(dataKeys).read(db, 'cred_1', items[index] as string)).toEqual(secret);
      }
    };
    /** Rewraps one row as a rotation would have before it crashed. */
    const rewrap = async (index: number, from: Buffer, to: Buffer) => {
      const row = (await rows())[index];
      if (!row) throw new Error('No such data key');
      const context = { organization: row.organization_id, record: row.id, field: 'data key' };
      const wrapped = seal(to, context, open(from, context, row.wrapped));
      await fixture.database
        .asSystem('setup')
        .dataKey.updateMany({ where: { id: row.id }, data: { wrapped, master_key_id: fingerprint(to) } });
    };

    test('the key file is made once, for its owner alone', async () => {
      expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
      const before = await fileKeys();
      await readsAll(await fixture.reload());
      expect(await fileKeys()).toEqual(before);
      expect(await wrappedBy()).toEqual(new Set([fingerprint(Buffer.from(before[0] ?? '', 'base64'))]));
    });

    test('a wrong key stops the start and changes nothing', async () => {
      const before = await rows();
      const wrong = randomBytes(32);
      await expect(fixture.reload([wrong])).rejects.toMatchObject({ code: 'bad_master_key' });
      await expect(fixture.reload([wrong, randomBytes(32)])).rejects.toMatchObject({ code: 'bad_master_key' });
      await writeFile(keyFile(), `${wrong.toString('base64')}\n`);
      await expect(fixture.reload()).rejects.toMatchObject({ code: 'bad_master_key' });
      expect(await fileKeys()).toEqual([wrong.toString('base64')]);
      expect(await rows()).toEqual(before);
    });

    test('a lost or damaged key file stops the start and is not replaced', async () => {
      await writeFile(keyFile(), 'short\n');
      await expect(fixture.reload()).rejects.toMatchObject({
        code: 'bad_master_key',
        message: expect.stringMatching(/damaged/),
      });
      expect(await readFile(keyFile(), 'utf8')).toBe('short\n');
      await rm(keyFile());
      await expect(fixture.reload()).rejects.toMatchObject({
        code: 'bad_master_key',
        message: expect.stringMatching(/is gone/),
      });
      expect(await readdir(fixture.dataDir)).not.toContain('master.key');
    });

    test('rotates while secrets are read and written and organizations are made', async () => {
      const [before] = await fileKeys();
      let going = true;
      const traffic = organizations.map(async (db, index) => {
        let rounds = 0;
        while (going) {
          items[index] = await fixture.vault.create(db, 'cred_1', secret);
          expect(await fixture.vault.read(db, 'cred_1', items[index] as string)).toEqual(secret);
          rounds += 1;
        }
        return rounds;
      });
      const founding = (async () => {
        const made: OrganizationDb[] = [];
        while (going) made.push(await createOrganization(fixture.database, fixture.dataKeys));
        return made;
      })();
      // Twice asked for, twice done, one after the other.
      await Promise.all([fixture.dataKeys.rotateMasterKey('service'), fixture.dataKeys.rotateMasterKey('service')]);
      going = false;
      for (const rounds of await Promise.all(traffic)) expect(rounds).toBeGreaterThan(0);
      const made = await founding;
      const keys = await fileKeys();
      expect(keys).toHaveLength(1);
      expect(keys).not.toEqual([before]);
      expect(await wrappedBy()).toEqual(new Set([fingerprint(Buffer.from(keys[0] ?? '', 'base64'))]));
      expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
      await readsAll(fixture.dataKeys);
      const restarted = await fixture.reload();
      await readsAll(restarted);
      for (const db of made) await restarted.hmac(db, 'lease', 'x');
    });

    test('HMACs and sealed rows survive a rotation unchanged', async () => {
      const db = organizations[0] as OrganizationDb;
      const hmac = await fixture.dataKeys.hmac(db, 'lease', 'x');
      const sealed = await db.vaultItem.findMany();
      await fixture.dataKeys.rotateMasterKey('service');
      expect(await (await fixture.reload()).hmac(db, 'lease', 'x')).toBe(hmac);
      expect(await db.vaultItem.findMany()).toEqual(sealed);
    });

    test.each([
      ['before the first data key', 0],
      ['between data keys', 2],
      ['after the last data key', 3],
    ])('a crash of a rotation %s is finished by the next start', async (_when, rewrapped) => {
      const old = Buffer.from((await fileKeys())[0] ?? '', 'base64');
      const fresh = randomBytes(32);
      await writeFile(keyFile(), `${fresh.toString('base64')}\n${old.toString('base64')}\n`);
      for (let index = 0; index < rewrapped; index += 1) await rewrap(index, old, fresh);
      await readsAll(await fixture.reload());
      expect(await fileKeys()).toEqual([fresh.toString('base64')]);
      expect(await wrappedBy()).toEqual(new Set([fingerprint(fresh)]));
      await readsAll(await fixture.reload());
    });

    test('a crash while the key file is written leaves the old key in force and no stray key', async () => {
      const before = await fileKeys();
      await writeFile(`${keyFile()}.0123456789ab.tmp`, randomBytes(32).toString('base64').slice(0, 20));
      await readsAll(await fixture.reload());
      expect(await fileKeys()).toEqual(before);
      expect((await readdir(fixture.dataDir)).filter((name) => name.includes('.tmp'))).toEqual([]);
    });

    test('keys from the environment are rotated by a restart with both', async () => {
      await fixture.close();
      const [old, fresh] = [randomBytes(32), randomBytes(32)];
      await start([old]);
      expect(await readdir(fixture.dataDir)).not.toContain('master.key');
      await expect(fixture.dataKeys.rotateMasterKey('service')).rejects.toMatchObject({ code: 'bad_configuration' });
      await expect(fixture.reload([fresh])).rejects.toMatchObject({ code: 'bad_master_key' });
      expect(await wrappedBy()).toEqual(new Set([fingerprint(old)]));
      // Told of the new key beforehand, a process goes on while another one begins to wrap by it.
      const told = await fixture.reload([old, fresh]);
      expect(await wrappedBy()).toEqual(new Set([fingerprint(old)]));
      await readsAll(await fixture.reload([fresh, old]));
      expect(await wrappedBy()).toEqual(new Set([fingerprint(fresh)]));
      await readsAll(told);
      await readsAll(await fixture.reload([fresh]));
      await expect(fixture.reload([old])).rejects.toMatchObject({ code: 'bad_master_key' });
    });
  });
}
