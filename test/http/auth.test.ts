import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashApiKey, isWellFormed, newApiKey } from '../../src/api-keys/api-key.ts';
import { onKeyRevoked } from '../../src/http/auth.ts';
import { SCOPES } from '../../src/http/scopes.ts';
import { createOrganization, ensureFirstOrganization } from '../../src/organizations/organization-store.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { type Api, startApi, wrongError } from './api-fixture.ts';

/** Resolves once `look` finds something; a test that waits in vain fails by its own time limit. */
async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await delay(5);
  }
}

let api: Api;
/** Requests that wait for their key's end, by name. */
const watching = new Map<string, () => void>();

beforeAll(async () => {
  api = await startApi({
    routes: ({ storage }) => [
      async (app) => {
        for (const scope of SCOPES) {
          app.get(`/needs/${scope.replace(':', '-')}`, { config: { scope } }, async () => ({ scope }));
        }
        app.get('/whoami', { config: { scope: 'runs:read' } }, async (request) => ({
          organization: request.organization.organizationId,
          key: request.apiKeyId,
        }));
        app.get('/stream', { config: { scope: 'runs:read' } }, async (request) => {
          const revoked = Promise.withResolvers<void>();
          const unwatch = onKeyRevoked(storage, request, revoked.resolve);
          watching.get(request.apiKeyId)?.();
          await revoked.promise;
          unwatch();
          return { revoked: true };
        });
      },
    ],
  });
});

afterAll(() => api.close());

describe('a key', () => {
  test('is typed, long, random and checksummed', () => {
    const keys = new Set(Array.from({ length: 200 }, newApiKey));
    expect(keys.size).toBe(200);
    for (const key of keys) {
      expect(key).toMatch(/^kt_[0-9A-Za-z]{42}$/);
      expect(isWellFormed(key)).toBe(true);
    }
  });

  test('with one letter changed, lost or doubled is refused without a look', () => {
    fc.assert(
      fc.property(
        fc.nat(41),
        fc.constantFrom(...'09AZaz'),
        fc.constantFrom('change', 'lose', 'double'),
        (at, other, how) => {
          const key = newApiKey();
          const place = at + 3;
          const middle = how === 'change' ? other : how === 'lose' ? '' : `${key[place]}${key[place]}`;
          const wrong = key.slice(0, place) + middle + key.slice(place + 1);
          expect(isWellFormed(wrong)).toBe(wrong === key);
        },
      ),
    );
  });

  test('is nowhere in the database', async () => {
    const rows = await api.storage.database.asSystem('setup').apiKey.findMany({});
    expect(JSON.stringify(rows)).not.toContain(api.key);
    expect(rows.map((row) => row.key_hash)).toContain(hashApiKey(api.key));
  });
});

describe('presenting it', () => {
  test.each([
    ['x-api-key', (key: string) => ({ 'x-api-key': key })],
    ['Bearer', (key: string) => ({ authorization: `Bearer ${key}` })],
    ['bearer, two spaces', (key: string) => ({ authorization: `bearer  ${key} ` })],
    ['both, the same', (key: string) => ({ 'x-api-key': key, authorization: `Bearer ${key}` })],
  ])('%s', async (_name, headers) => {
    const { status, body } = await api.call('GET', '/v1/whoami', { key: null, headers: headers(api.key) });
    expect(status).toBe(200);
    expect(body.organization).toBe(api.organizationId);
  });

  const other = newApiKey();
  test.each([
    ['none', () => ({})],
    ['an unknown one', () => ({ 'x-api-key': other })],
    ['a mistyped one', (key: string) => ({ 'x-api-key': `${key}x` })],
    ['another scheme', (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` })],
    ['a bare one', (key: string) => ({ authorization: key })],
    ['two that differ', (key: string) => ({ 'x-api-key': key, authorization: `Bearer ${other}` })],
    ['a short one', () => ({ 'x-api-key': 'short' })],
    ['a very long one', () => ({ 'x-api-key': 'a'.repeat(5_000) })],
  ])('%s is refused', async (_name, headers) => {
    const answer = await api.call('GET', '/v1/whoami', { key: null, headers: headers(api.key) });
    expect(wrongError(answer, 401, 'authentication_failure')).toEqual([]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('before the body is looked at', async () => {
    const answer = await api.call('POST', '/v1/api_keys', { key: null, body: '{"broken' });
    expect(answer.status).toBe(401);
  });

  test('its use is noted, and not more than once a minute', async () => {
    const { id, key } = await api.keyWith('runs:read');
    const used = async () => {
      const { body } = await api.call('GET', '/v1/api_keys');
      return body.find((row: { api_key_id: string }) => row.api_key_id === id).last_used_at;
    };
    expect(await used()).toBeNull();
    await api.call('GET', '/v1/whoami', { key });
    const first = await until(used);
    await api.call('GET', '/v1/whoami', { key });
    await api.call('GET', '/v1/whoami', { key });
    expect(await used()).toBe(first);
  });
});

describe('scopes', () => {
  test('each opens its own calls and no other; admin opens all', async () => {
    for (const held of SCOPES) {
      const { key } = await api.keyWith(held);
      for (const needed of SCOPES) {
        const answer = await api.call('GET', `/v1/needs/${needed.replace(':', '-')}`, { key });
        if (held === needed || held === 'admin') expect(answer.body).toEqual({ scope: needed });
        else expect(wrongError(answer, 403, 'insufficient_scope')).toEqual([]);
      }
    }
  });

  test('a route that names none does not start', async () => {
    const open = startApi({ routes: () => [async (app) => void app.get('/open', async () => ({}))] });
    await expect(open).rejects.toThrow(/GET.* \/v1\/open names no scope/);
  });
});

describe('managing keys', () => {
  test('made once, listed without the key, revoked at once', async () => {
    const made = await api.call('POST', '/v1/api_keys', {
      body: { name: 'robot', scopes: ['runs:read', 'runs:write'] },
    });
    expect(made.status).toBe(201);
    const { api_key: key, ...shown } = made.body;
    expect(shown).toEqual({
      api_key_id: expect.stringMatching(/^ak_/),
      name: 'robot',
      scopes: ['runs:read', 'runs:write'],
      last_four: key.slice(-4),
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_used_at: null,
      revoked_at: null,
    });
    const listed = await api.call('GET', '/v1/api_keys');
    expect(listed.body[0]).toEqual(shown);
    expect(listed.text).not.toContain(key);
    expect((await api.call('GET', '/v1/whoami', { key })).status).toBe(200);

    const route = `/v1/api_keys/${shown.api_key_id}`;
    expect((await api.call('DELETE', route)).status).toBe(204);
    expect(wrongError(await api.call('GET', '/v1/whoami', { key }), 401, 'authentication_failure')).toEqual([]);
    const [after] = (await api.call('GET', '/v1/api_keys')).body;
    expect(after).toMatchObject({ api_key_id: shown.api_key_id, revoked_at: expect.stringMatching(/Z$/) });
    expect((await api.call('DELETE', route)).status).toBe(204);
  });

  test.each([
    [{ scopes: ['runs:read'] }],
    [{ name: '', scopes: ['runs:read'] }],
    [{ name: '  ', scopes: ['runs:read'] }],
    [{ name: 'a', scopes: [] }],
    [{ name: 'a', scopes: ['runs:all'] }],
    [{ name: 'a', scopes: ['runs:read', 'runs:read'] }],
    [{ name: 'a', scopes: ['runs:read'], key: 'my-own' }],
  ])('%j makes none', async (body) => {
    expect(wrongError(await api.call('POST', '/v1/api_keys', { body }), 400, 'invalid_request')).toEqual([]);
  });

  test('only admin may', async () => {
    const { key } = await api.keyWith(...SCOPES.filter((scope) => scope !== 'admin'));
    for (const [method, route, body] of [
      ['GET', '/v1/api_keys', undefined],
      ['POST', '/v1/api_keys', { name: 'mine', scopes: ['admin'] }],
      ['DELETE', '/v1/api_keys/ak_1', undefined],
    ] as const) {
      expect(wrongError(await api.call(method, route, { key, body }), 403, 'insufficient_scope')).toEqual([]);
    }
  });

  test("another organization's key and an unknown one look the same", async () => {
    const { admin } = await createOrganization(api.storage.database, api.dataKeys, 'Other');
    const foreign = await api.call('DELETE', `/v1/api_keys/${admin.row.id}`);
    const unknown = await api.call('DELETE', '/v1/api_keys/ak_unknown');
    expect(wrongError(foreign, 404, 'not_found')).toEqual([]);
    expect({ ...foreign.body, uuid: '' }).toEqual({ ...unknown.body, uuid: '' });
    expect((await api.call('GET', '/v1/whoami', { key: admin.key })).status).toBe(200);
    const listed = await api.call('GET', '/v1/api_keys', { key: admin.key });
    expect(listed.body.map((row: { api_key_id: string }) => row.api_key_id)).toEqual([admin.row.id]);
  });

  test('a stream hears of the end of its key, one that began too late too', async () => {
    const { id, key } = await api.keyWith('runs:read');
    const begun = Promise.withResolvers<void>();
    watching.set(id, begun.resolve);
    const stream = api.call('GET', '/v1/stream', { key });
    await begun.promise;
    await api.call('DELETE', `/v1/api_keys/${id}`);
    expect((await stream).body).toEqual({ revoked: true });

    // Revoked between being let in and beginning to watch: nobody is told a second time.
    const late = await api.keyWith('runs:read');
    const db = api.storage.database.forOrganization(api.organizationId);
    await db.apiKey.updateMany({ where: { id: late.id }, data: { revoked_at: new Date() } });
    const told = Promise.withResolvers<void>();
    const request = { apiKeyId: late.id, organization: db, log: api.app.log };
    onKeyRevoked(api.storage, request as Parameters<typeof onKeyRevoked>[1], told.resolve)();
    await told.promise;
  });
});

describeOnEachDatabase('API keys', (databases) => {
  test('two admin keys cannot revoke each other at the same time', async () => {
    const storage = await databases.open();
    const own = await startApi({ storage });
    try {
      for (let round = 0; round < 5; round += 1) {
        const before = (await own.call('GET', '/v1/api_keys')).body[0].api_key_id;
        const other = await own.keyWith('admin');
        const answers = await Promise.all([
          own.call('DELETE', `/v1/api_keys/${other.id}`),
          own.call('DELETE', `/v1/api_keys/${before}`, { key: other.key }),
        ]);
        const live = await storage.database.asSystem('setup').apiKey.findMany({ where: { revoked_at: null } });
        expect(live).toHaveLength(1);
        expect(answers.map(({ status }) => status)).toContain(204);
        if (live[0]?.id === other.id) break;
      }
    } finally {
      await own.close();
    }
  });

  test('the last admin key stays', async () => {
    const own = await startApi({ storage: await databases.open() });
    try {
      await own.keyWith('runs:read');
      const [, first] = (await own.call('GET', '/v1/api_keys')).body;
      const refused = await own.call('DELETE', `/v1/api_keys/${first.api_key_id}`);
      expect(wrongError(refused, 409, 'conflict')).toEqual([]);
      expect(refused.body.detail).toMatch(/last key/);
      expect((await own.call('GET', '/v1/api_keys')).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('the first start makes an organization and tells its admin key once', async () => {
    const place = await databases.newPlace();
    const { database } = await databases.open(place);
    const dataKeys = await DataKeys.load({ dataDir: place.dataDir, masterKeys: [] }, database);
    const key = await ensureFirstOrganization(database, dataKeys, null);
    expect(key).toMatch(/^kt_/);
    expect(await ensureFirstOrganization(database, dataKeys, null)).toBeNull();
    const [row, ...more] = await database.asSystem('setup').apiKey.findMany({});
    expect(row).toMatchObject({ key_hash: hashApiKey(String(key)), scopes: ['admin'], revoked_at: null });
    expect(more).toEqual([]);
    expect(await database.asSystem('setup').organization.findMany({})).toMatchObject([{ name: 'Default' }]);
  });

  test('KEYTURN_API_KEY opens the first organization, and only its present value', async () => {
    const own = await startApi({ storage: await databases.open(), operatorKey: 'kt_operators-very-own-key-1' });
    const { database } = own.storage;
    try {
      expect((await own.call('GET', '/v1/api_keys')).status).toBe(200);
      const next = 'a second key of the operator, with ünusual letters';
      expect(await ensureFirstOrganization(database, own.dataKeys, next)).toBeNull();
      expect((await own.call('GET', '/v1/api_keys')).status).toBe(401);
      const key = Buffer.from(next).toString('latin1');
      expect((await own.call('GET', '/v1/api_keys', { key })).status).toBe(200);
      const bearer = { authorization: `Bearer ${key}` };
      expect((await own.call('GET', '/v1/api_keys', { key: null, headers: bearer })).status).toBe(200);
      // Back again, and unset: the one in use stays.
      await ensureFirstOrganization(database, own.dataKeys, 'kt_operators-very-own-key-1');
      await ensureFirstOrganization(database, own.dataKeys, null);
      expect((await own.call('GET', '/v1/api_keys')).status).toBe(200);
      expect((await own.call('GET', '/v1/api_keys', { key })).status).toBe(401);
      expect(await database.asSystem('setup').organization.count({})).toBe(1);
    } finally {
      await own.close();
    }
  });
});
