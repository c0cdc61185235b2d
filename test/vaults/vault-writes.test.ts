import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createCredential } from '../../src/credentials/credential-secret.ts';
import { deleteCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { customProvider } from '../../src/vaults/custom-vault.ts';
import { createVaultConfig } from '../../src/vaults/vault-config-store.ts';
import { pendingWrites } from '../../src/vaults/vault-writes.ts';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import type { Trouble } from '../support/json-service.ts';
import { describeWith } from '../support/skip.ts';
import { orderServices } from './order-services.ts';
import { DIALECTS, openFixture, type VaultFixture } from './vault-fixture.ts';

const AWAY: Trouble = { kind: 'answer', answer: { status: 503, body: { message: 'out to lunch' } } };
/** When everything that failed is due again. */
const later = () => new Date(Date.now() + 60_000);

async function startVault(): Promise<CustomVaultServer> {
  const vault = await CustomVaultServer.start();
  onTestFinished(() => vault.http.close());
  return vault;
}

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `what a vault still has to be told, on ${dialect}`, () => {
    let fixture: VaultFixture;
    let db: OrganizationDb;
    let vault: CustomVaultServer;
    beforeEach(async () => {
      fixture = await openFixture(dialect);
      db = await fixture.organization();
      vault = await startVault();
      await configure(vault);
    });
    afterEach(() => fixture.close());

    const configure = async (
      { url, token }: { url: string; token: string },
      { read_only = false } = {},
    ): Promise<string> => {
      const config = { api_base_url: url, api_token: token, read_only };
      const parsed = customProvider.parse({ config });
      return (await createVaultConfig(fixture.dataKeys, db, 'custom', parsed, 'service')).id;
    };
    const create = async (): Promise<string> => {
      const parsed = parseSecret('password', { username: 'ada', password: 'a password' });
      const credential = { name: 'kept outside', parsed, vaultType: 'custom', actor: 'service' } as const;
      return (await createCredential(fixture.services, db, credential)).id;
    };
    const remove = (id: string) => deleteCredential(fixture.services, db, id, 'service');
    const pending = () => pendingWrites(db, 'custom');
    /** A deletion that the vault has failed to do. */
    const failedDeletion = async (): Promise<void> => {
      const id = await create();
      vault.http.always = AWAY;
      await remove(id);
      await fixture.sweepVaults(new Date());
      vault.http.always = null;
      expect(await pending()).toMatchObject({ count: 1, last_error: expect.stringContaining('out to lunch') });
    };

    test('a deletion stays with the vault it was noted for when another one is configured', async () => {
      await failedDeletion();
      const other = await startVault();
      const [itemId = ''] = vault.items.keys();
      other.items.set(itemId, { type: 'secret', name: 'somebody else’s, of the same id' });
      await configure(other);
      vault.http.always = AWAY;
      await fixture.sweepVaults(later());
      expect(await pending()).toMatchObject({ count: 1, last_error: expect.stringContaining('out to lunch') });
      vault.http.always = null;
      await fixture.sweepVaults(new Date(Date.now() + 300_000));
      expect([vault.items.size, other.items.size, (await pending()).count]).toEqual([0, 1, 0]);
    });

    test('an item whose answer was lost is looked for in the vault it was made in', async () => {
      vault.http.troubles.push({ kind: 'late' });
      await expect(create()).rejects.toMatchObject({ code: 'vault_failed' });
      expect(vault.items.size).toBe(1);
      await configure(await startVault());
      await fixture.sweepVaults(new Date());
      expect(vault.items.size).toBe(0);
    });

    test('with a new token at the same place what is pending is done by that one', async () => {
      await failedDeletion();
      vault.token = 'the-token-after-the-first';
      await configure(vault);
      await fixture.sweepVaults(later());
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('a token that was wrong when the deletion was noted is mended by the next one', async () => {
      const id = await create();
      await configure({ url: vault.url, token: 'a-token-with-a-typo' });
      await remove(id);
      await fixture.sweepVaults(new Date());
      expect(await pending()).toMatchObject({ count: 1, last_error: expect.stringContaining('not known') });
      await configure(vault);
      await fixture.sweepVaults(later());
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('the newest token of the place is used when another vault is in force by now', async () => {
      await failedDeletion();
      vault.token = 'the-token-after-the-first';
      await configure(vault);
      await configure(await startVault());
      await fixture.sweepVaults(later());
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('what was made before the vault was only read is deleted by what made it', async () => {
      const [first, second] = [await create(), await create()];
      vault.http.always = AWAY;
      await remove(first);
      await fixture.sweepVaults(new Date());
      vault.http.always = null;
      await configure(vault, { read_only: true });
      await remove(second);
      await fixture.sweepVaults(later());
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('a vault that is gone does not hold up the one after it', async () => {
      await failedDeletion();
      const other = await startVault();
      await configure(other);
      await remove(await create());
      vault.http.always = AWAY;
      await fixture.sweepVaults(later());
      expect([vault.items.size, other.items.size, (await pending()).count]).toEqual([1, 0, 1]);
    });

    test('a sweep that the end of the service calls off is due again at once, as if it had not been', async () => {
      await failedDeletion();
      const before = await db.vaultWrite.findFirstOrThrow();
      vault.http.always = { kind: 'hang' };
      const asked = Promise.withResolvers<void>();
      vault.http.watch = () => asked.resolve();
      const client = new GuardedClient(['127.0.0.0/8']);
      onTestFinished(() => client.close());
      const stopping = orderServices({ database: fixture.database, dataKeys: fixture.dataKeys, client });
      const now = later();
      const sweeping = stopping.sweep(now);
      await asked.promise;
      await stopping.close();
      await sweeping;
      expect(await db.vaultWrite.findFirst()).toEqual({ ...before, next_at: now });
      vault.http.always = null;
      await fixture.sweepVaults(now);
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('what names no configuration is done by the one in force', async () => {
      await failedDeletion();
      // As older versions wrote it.
      await db.vaultWrite.updateMany({ data: { vault_config_id: null } });
      vault.token = 'the-token-after-the-first';
      await configure(vault);
      await fixture.sweepVaults(later());
      expect([vault.items.size, (await pending()).count]).toEqual([0, 0]);
    });

    test('another organization’s configuration opens nothing', async () => {
      await failedDeletion();
      const mine = db;
      db = await fixture.organization();
      const theirs = await configure(await startVault());
      db = mine;
      await db.vaultWrite.updateMany({ data: { vault_config_id: theirs } });
      await fixture.sweepVaults(later());
      expect(await pending()).toMatchObject({ count: 1, last_error: expect.stringContaining('not configured') });
      expect(vault.items.size).toBe(1);
    });
  });
}
