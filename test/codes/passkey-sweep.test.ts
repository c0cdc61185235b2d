import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { noteHolder, passkeyKeyOf, removeUnheldCounters, reserveCounters } from '../../src/codes/passkey-counter.ts';
import { createCredential } from '../../src/credentials/credential-secret.ts';
import { removeCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { readMigrations } from '../../src/storage/migrations.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import { runSql } from '../storage/place-sql.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { createOrganization, localSecrets } from '../vaults/vault-fixture.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function newPasskey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    id: randomBytes(16).toString('base64url'),
    rp_id: 'bank.test',
    user_handle: randomBytes(16).toString('base64url'),
    private_key: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
    public_key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
  };
}

describeOnEachDatabase('counters of passkeys that nobody holds', (databases) => {
  const setUp = async () => {
    const place = await databases.newPlace();
    const { database } = await databases.open(place);
    const dataKeys = await DataKeys.load({ masterKeys: [], dataDir: place.dataDir }, database);
    const services = {
      secrets: localSecrets(database, dataKeys),
      profiles: new ProfileStore(dataKeys),
      dataKeys,
    };
    const db = await createOrganization(database, dataKeys);
    const store = async (passkey: ReturnType<typeof newPasskey>, at: OrganizationDb = db) => {
      const parsed = parseSecret('password', { username: 'ada', passkey });
      return (await createCredential(services, at, { name: 'ada', parsed, actor: 'service' })).id;
    };
    const remove = (id: string) => db.transaction((tx) => removeCredential(services, tx, id));
    const use = ({ id }: { id: string }, at: OrganizationDb = db) =>
      reserveCounters(dataKeys, at, { passkeyId: id, known: 0 });
    const sweepAfter = (days: number) =>
      removeUnheldCounters(database.asSystem('sweep'), new Date(Date.now() + days * DAY_MS), 2);
    const left = async (at: OrganizationDb = db) =>
      (await at.passkeyCounter.findMany()).map(({ passkey_key }) => passkey_key);
    return { place, database, dataKeys, db, store, remove, use, sweepAfter, left };
  };

  test('go, long after the last use; those that a credential holds stay', async () => {
    const { database, dataKeys, db, store, remove, use, sweepAfter, left } = await setUp();
    const passkeys = Array.from({ length: 5 }, newPasskey);
    const ids = await Promise.all(passkeys.map((passkey) => store(passkey)));
    for (const passkey of passkeys) await use(passkey);
    const [, held] = passkeys;
    if (!held) throw new Error('no passkey');
    // Another credential of the same passkey keeps its counter; another organization is none.
    await store(held);
    const stranger = await createOrganization(database, dataKeys);
    await use(held, stranger);
    for (const id of ids) await remove(id);
    expect(await sweepAfter(179)).toBe(0);
    expect(await sweepAfter(181)).toBe(5);
    expect(await left()).toEqual([await passkeyKeyOf(dataKeys, db, held)]);
    expect(await left(stranger)).toEqual([]);
    expect((await use(held)).from).toBeGreaterThan(0);
  });

  test('stay while a credential from before may hold one, until it says which', async () => {
    const { place, dataKeys, db, store, use, sweepAfter, left } = await setUp();
    const [mine, other] = [newPasskey(), newPasskey()];
    const id = await store(mine);
    await use(other);
    await db.credential.updateMany({ where: { id }, data: { passkey_key: null } });
    const sql = readMigrations(databases.dialect).find(({ name }) => name.endsWith('_passkey_holders'))?.sql ?? '';
    await runSql(place, sql.slice(sql.indexOf('UPDATE')));
    expect(await sweepAfter(400)).toBe(0);
    const reserved = await use(mine);
    await noteHolder(db, id, reserved);
    expect(await db.credential.findFirst({ where: { id } })).toMatchObject({ passkey_key: reserved.passkeyKey });
    expect(await sweepAfter(400)).toBe(1);
    expect(await left()).toEqual([await passkeyKeyOf(dataKeys, db, mine)]);
  });
});
