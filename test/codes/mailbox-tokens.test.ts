import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { findMailboxToken, oauthKey, takeRefresh } from '../../src/codes/mailbox-token-store.ts';
import { MailboxTokens } from '../../src/codes/mailbox-tokens.ts';
import { RefreshFailed } from '../../src/codes/refresh-access.ts';
import { createCredential, updateCredential } from '../../src/credentials/credential-secret.ts';
import { removeCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { removeOrphans } from '../../src/credentials/temporary-credential.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import type { OrganizationDb, Storage } from '../../src/storage/db.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import type { MailboxOauth } from '../../src/vaults/vault.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { startTokenEndpoint } from '../support/token-endpoint.ts';
import { createOrganization, localSecrets } from '../vaults/vault-fixture.ts';

const HOUR_MS = 3_600_000;
const masterKeys = [randomBytes(32)];

describeOnEachDatabase('access tokens of mailboxes', (databases) => {
  /** What one process has: all of its own but the database. */
  const processOn = async (storage: Storage, dataDir: string) => {
    const { database } = storage;
    const dataKeys = await DataKeys.load({ masterKeys, dataDir }, database);
    const client = new GuardedClient(['127.0.0.0/8']);
    const tokens = new MailboxTokens({ dataKeys, client, allowNetworks: ['127.0.0.0/8'] });
    onTestFinished(async () => {
      await tokens.close();
      await client.close();
    });
    const services = { secrets: localSecrets(database, dataKeys), profiles: new ProfileStore(dataKeys), dataKeys };
    return { database, dataKeys, tokens, services };
  };
  const setUp = async (options: { rotate?: boolean } = {}) => {
    const endpoint = await startTokenEndpoint(options);
    const place = await databases.newPlace();
    const storage = await databases.open(place);
    onTestFinished(() => endpoint.close());
    const one = await processOn(storage, place.dataDir);
    const db = await createOrganization(one.database, one.dataKeys);
    const oauth: MailboxOauth = {
      token_url: endpoint.url,
      ...endpoint.client,
      refresh_token: endpoint.first,
      scope: null,
    };
    const store = (change: Partial<MailboxOauth> = {}, at: OrganizationDb = db) =>
      createCredential(one.services, at, {
        name: 'mailed',
        parsed: parsed({ ...oauth, ...change }),
        actor: 'service',
      });
    const { id } = await store();
    /** A second process: on SQLite there is one a folder, so it shares the connection and nothing else. */
    const another = async () => {
      const folder = await databases.newPlace();
      const { databaseUrl } = place;
      const shared = databaseUrl === null ? storage : await databases.open({ ...folder, databaseUrl });
      const process = await processOn(shared, folder.dataDir);
      return { ...process, db: process.database.forOrganization(db.organizationId) };
    };
    const row = async () => findMailboxToken(db, await oauthKey(one.dataKeys, db, oauth));
    return { ...one, endpoint, db, oauth, store, id, another, row };
  };
  const parsed = (oauth: MailboxOauth) =>
    parseSecret('password', {
      username: 'ada',
      password: 'x',
      mailbox: { host: 'imap.bank.test', user: 'ada', oauth },
    });
  /** The same rows, and when their tokens were looked for first. */
  const observed = (db: OrganizationDb) => {
    const looked = Promise.withResolvers<void>();
    const findFirst = async (query: Parameters<typeof db.mailboxToken.findFirst>[0]) => {
      const row = await db.mailboxToken.findFirst(query);
      looked.resolve();
      return row;
    };
    // Prisma's promise can do more than an awaited one has to.
    const seen = { ...db, mailboxToken: { ...db.mailboxToken, findFirst } } as unknown as OrganizationDb;
    return { seen, looked: looked.promise };
  };
  const troubleOf = async (access: Promise<unknown>) => {
    const error = await access.catch((thrown: unknown) => thrown);
    if (!(error instanceof RefreshFailed)) throw error;
    return error.trouble;
  };

  test('of many at once in two processes one refreshes, and all have its token', async () => {
    const { endpoint, tokens, db, oauth, another } = await setUp();
    const second = await another();
    const release = endpoint.hold();
    const given = Promise.all([
      ...Array.from({ length: 4 }, () => tokens.access(db, oauth)),
      ...Array.from({ length: 4 }, () => second.tokens.access(second.db, oauth)),
    ]);
    await expect.poll(() => endpoint.waiting()).toBe(1);
    release();
    expect(new Set((await given).map(({ token }) => token))).toEqual(new Set(['kt-access-1-Rt8']));
    expect([endpoint.asked, endpoint.mostAtOnce()]).toEqual([[endpoint.first], 1]);
    expect(await second.tokens.access(second.db, oauth)).toMatchObject({ token: 'kt-access-1-Rt8', kept: true });
  });

  test('a refresh that is refused is asked for once, and told to all who wait; later runs may try', async () => {
    const { endpoint, tokens, db, oauth, another } = await setUp();
    const second = await another();
    const { seen, looked } = observed(second.db);
    endpoint.answer = 'refuse';
    const release = endpoint.hold();
    const told = Promise.all([
      ...Array.from({ length: 3 }, () => troubleOf(tokens.access(db, oauth))),
      ...Array.from({ length: 3 }, () => troubleOf(second.tokens.access(seen, oauth))),
    ]);
    await expect.poll(() => endpoint.waiting()).toBe(1);
    // Who comes after the refusal may try again.
    await Promise.race([looked, told]);
    release();
    for (const trouble of await told) {
      expect(trouble).toEqual({ text: expect.stringContaining('(invalid_grant)'), final: true });
      expect(trouble.text).not.toContain('kt-');
    }
    expect(endpoint.asked).toHaveLength(1);
    endpoint.answer = 'grant';
    expect(await second.tokens.access(second.db, oauth)).toMatchObject({ kept: false });
  });

  test('a token that is said to be good for a short time, or for none, is used once by those who wait', async () => {
    for (const expiresIn of [30, null]) {
      const { endpoint, tokens, db, oauth, row } = await setUp();
      endpoint.expiresIn = expiresIn;
      for (const turn of [1, 2, 3]) {
        expect(await tokens.access(db, oauth)).toMatchObject({ token: `kt-access-${turn}-Rt8`, kept: false });
      }
      expect(endpoint.asked).toEqual([endpoint.first, 'kt-refresh-1-Wm3', 'kt-refresh-2-Wm3']);
      expect(endpoint.revoked()).toBe(false);
      expect(await row()).toMatchObject({ round: 3, holder: null });
    }
  });

  test('a refresh token that stays is used again', async () => {
    const { endpoint, tokens, db, oauth } = await setUp({ rotate: false });
    endpoint.expiresIn = 0;
    await tokens.access(db, oauth);
    await tokens.access(db, oauth);
    expect(endpoint.asked).toEqual([endpoint.first, endpoint.first]);
  });

  test('what replaces a refresh token lies sealed in the database before its access token is used', async () => {
    const { endpoint, tokens, db, oauth, another, row } = await setUp();
    const { secrets } = await tokens.access(db, oauth);
    const stored = await row();
    expect(stored?.access_expires_at?.getTime()).toBeGreaterThan(Date.now() + HOUR_MS / 2);
    for (const secret of [...secrets, ...endpoint.secrets()]) {
      expect(Buffer.from(stored?.sealed ?? []).includes(secret)).toBe(false);
    }
    // The process ends here, without having used anything.
    const next = await another();
    await (await next.tokens.access(next.db, oauth)).refused();
    expect((await next.tokens.access(next.db, oauth)).token).toBe('kt-access-2-Rt8');
    expect(endpoint.asked).toEqual([endpoint.first, 'kt-refresh-1-Wm3']);
  });

  test('nobody waits for the end of a refresh, and still what it gave is kept', async () => {
    const { endpoint, tokens, db, oauth, another } = await setUp();
    const release = endpoint.hold();
    const left = tokens.access(db, oauth);
    await expect.poll(() => endpoint.waiting()).toBe(1);
    const closed = tokens.close();
    release();
    await Promise.all([closed, left]);
    const next = await another();
    expect(await next.tokens.access(next.db, oauth)).toMatchObject({ token: 'kt-access-1-Rt8', kept: true });
  });

  test('a turn that a dead process had is taken over; that of a living one is waited for', async () => {
    const { endpoint, tokens, db, oauth, dataKeys } = await setUp();
    const key = await oauthKey(dataKeys, db, oauth);
    expect(await takeRefresh(db, key, 'another process')).toBe(true);
    const waiting = tokens.access(db, oauth);
    expect(await takeRefresh(db, key, 'a third')).toBe(false);
    expect(endpoint.asked).toEqual([]);
    await db.mailboxToken.updateMany({ where: { grant_key: key }, data: { held_until: new Date(0) } });
    expect(await waiting).toMatchObject({ token: 'kt-access-1-Rt8', kept: false });
  });

  test('an update with the same refresh token goes on with what replaced it, one with another starts there', async () => {
    const { endpoint, tokens, db, oauth, id, services, row } = await setUp();
    endpoint.expiresIn = 0;
    await tokens.access(db, oauth);
    const update = (change: Partial<MailboxOauth>) =>
      updateCredential(services, db, id, { parsed: parsed({ ...oauth, ...change }), actor: 'service' });
    await update({ scope: 'mail' });
    await tokens.access(db, oauth);
    expect(endpoint.asked).toEqual([endpoint.first, 'kt-refresh-1-Wm3']);
    await update({ refresh_token: 'kt-refresh-2-Wm3' });
    expect(await row()).toBeNull();
    expect(await troubleOf(tokens.access(db, oauth))).toMatchObject({ final: true });
    expect(await tokens.access(db, { ...oauth, refresh_token: 'kt-refresh-2-Wm3' })).toMatchObject({ kept: false });
    expect(endpoint.asked).toHaveLength(3);
  });

  test('the tokens go with the last credential that holds them, and are no other organization', async () => {
    const { tokens, db, oauth, id, services, store, row, database, dataKeys } = await setUp({ rotate: false });
    const { id: other } = await store();
    const stranger = await createOrganization(database, dataKeys);
    await store({}, stranger);
    await tokens.access(db, oauth);
    expect(await tokens.access(stranger, oauth)).toMatchObject({ kept: false });
    await db.transaction((tx) => removeCredential(services, tx, id));
    expect(await row()).not.toBeNull();
    await db.transaction((tx) => removeCredential(services, tx, other));
    expect(await row()).toBeNull();
    expect(await stranger.mailboxToken.count()).toBe(1);
    // A run that went on meanwhile makes none anew, and what was left is swept.
    expect(await troubleOf(tokens.access(db, oauth))).toMatchObject({ final: true });
    await takeRefresh(db, await oauthKey(dataKeys, db, oauth), 'a run of before');
    await removeOrphans(database, new Date(Date.now() + HOUR_MS));
    expect(await row()).toBeNull();
    expect(await stranger.mailboxToken.count()).toBe(1);
  });

  test('a refresh token is not sent without TLS outside of the allowed networks', async () => {
    const { tokens, db, store, oauth } = await setUp();
    const plain = { ...oauth, token_url: 'http://8.8.8.8/token' };
    await store(plain);
    expect(await troubleOf(tokens.access(db, plain))).toEqual({
      text: 'The token endpoint of the mailbox is not https.',
      final: true,
    });
  });
});
