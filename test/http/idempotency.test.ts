import Type from 'typebox';
import { expect, test } from 'vitest';
import { KeyturnError } from '../../src/errors.ts';
import { IdempotencyHeaders, idempotent, removeExpiredAnswers } from '../../src/http/idempotency.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import type { Storage } from '../../src/storage/db.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { type Answer, type Api, startApi, wrongError } from './api-fixture.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Place {
  api: Api;
  /** How often the work was begun, and how often it was committed. */
  begun: number;
  made(): Promise<number>;
  /** The work waits for this before it commits. */
  gate: Promise<void>;
  /** What happens instead of a commit, if anything. */
  fail: Error | null;
  order(key: string, body?: unknown, options?: { route?: string; apiKey?: string }): Promise<Answer>;
}

/** A call that makes a workflow row, as the test routes make runs, on a storage that is closed by its owner. */
async function withOrders(storage: Storage, work: (place: Place) => Promise<void>): Promise<void> {
  const api = await startApi({
    storage,
    routes: ({ dataKeys }) => [
      async (app) => {
        const order = {
          config: { scope: 'runs:write' },
          schema: {
            headers: IdempotencyHeaders,
            body: Type.Object({ name: Type.String(), note: Type.Optional(Type.String()) }),
          },
        } as const;
        for (const route of ['/orders', '/others', '/things/:id/orders']) {
          app.post(route, order, async (request, reply) =>
            idempotent(dataKeys, request, reply, async (record) => {
              place.begun += 1;
              const number = place.begun;
              await place.gate;
              return request.organization.transaction(async (tx) => {
                await tx.workflow.create({
                  data: {
                    id: `wpid_${request.id}`,
                    organization_id: request.organization.organizationId,
                    title: 'order',
                    definition: {},
                    created_at: new Date(),
                  },
                });
                const answer = { number, name: request.body.name };
                await record(tx, 201, answer);
                if (place.fail) throw place.fail;
                reply.code(201);
                return answer;
              });
            }),
          );
        }
      },
    ],
  });
  const place: Place = {
    api,
    begun: 0,
    made: () => storage.database.asSystem('setup').workflow.count({}),
    gate: Promise.resolve(),
    fail: null,
    order: (key, body = { name: 'a' }, { route = '/v1/orders', apiKey } = {}) =>
      api.call('POST', route, { body, headers: { 'idempotency-key': key }, ...(apiKey ? { key: apiKey } : {}) }),
  };
  try {
    await work(place);
  } finally {
    await api.close();
  }
}

describeOnEachDatabase('Idempotency-Key', (databases) => {
  const withPlace = async (work: (place: Place) => Promise<void>) => withOrders(await databases.open(), work);

  test('the same key and body repeats the first answer', () =>
    withPlace(async ({ order, made }) => {
      const first = await order('key-1', { name: 'a', note: 'n' });
      expect([first.status, first.body]).toEqual([201, { number: 1, name: 'a' }]);
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      const again = await order('key-1', { note: 'n', name: 'a' }, { route: '/api/v1/orders/' });
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await made()).toBe(1);
    }));

  test('another body is refused', () =>
    withPlace(async ({ order, made }) => {
      await order('key-1');
      expect(wrongError(await order('key-1', { name: 'b' }), 409, 'idempotency_mismatch')).toEqual([]);
      expect(await made()).toBe(1);
    }));

  test('another key, route, thing or organization is another order', () =>
    withPlace(async ({ api, order, made }) => {
      const { admin } = await createOrganization(api.storage.database, api.dataKeys, 'Other');
      const answers = [
        await order('key-1'),
        await order('key-2'),
        await order('key-1', undefined, { route: '/v1/others' }),
        await order('key-1', undefined, { route: '/v1/things/1/orders' }),
        await order('key-1', undefined, { route: '/v1/things/2/orders' }),
        await order('key-1', undefined, { apiKey: admin.key }),
      ];
      expect(answers.map(({ body }) => body.number)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await made()).toBe(6);
    }));

  test('50 at once are one, and the 49 that lost do not wait for it', () =>
    withPlace(async (place) => {
      const gate = Promise.withResolvers<void>();
      place.gate = gate.promise;
      let answered = 0;
      const ask = async () => {
        const answer = await place.order('key-1');
        answered += 1;
        // The one that won can only answer after all others have.
        if (answered === 49) gate.resolve();
        return answer;
      };
      const answers = await Promise.all(Array.from({ length: 50 }, ask));
      const lost = answers.filter(({ status }) => status !== 201);
      expect(lost).toHaveLength(49);
      expect(lost.flatMap((answer) => wrongError(answer, 409, 'in_progress'))).toEqual([]);
      expect([place.begun, await place.made()]).toEqual([1, 1]);
    }));

  test('50 at once without a gate are one too', () =>
    withPlace(async (place) => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => place.order('key-1')));
      expect([place.begun, await place.made()]).toEqual([1, 1]);
      for (const answer of answers) {
        if (answer.status === 201) expect(answer.body).toEqual({ number: 1, name: 'a' });
        else expect(wrongError(answer, 409, 'in_progress')).toEqual([]);
      }
    }));

  test.each([
    ['a refusal of ours', new KeyturnError('invalid_url'), 400],
    ['something unexpected', new Error('disk full'), 500],
  ])('%s frees the key, and nothing is stored', (_name, error, status) =>
    withPlace(async (place) => {
      place.fail = error;
      expect((await place.order('key-1')).status).toBe(status);
      expect(await place.made()).toBe(0);
      place.fail = null;
      expect((await place.order('key-1', { name: 'corrected' })).body).toEqual({ number: 2, name: 'corrected' });
      expect(await place.made()).toBe(1);
    }),
  );

  test('a first request that died with its process frees the key after a minute', () =>
    withPlace(async (place) => {
      const db = place.api.storage.database.forOrganization(place.api.organizationId);
      await place.order('key-1');
      const age = (ms: number) => new Date(Date.now() - ms);
      // The row as a process leaves it that is killed while it works.
      await db.idempotencyKey.updateMany({ data: { status_code: null, created_at: age(MINUTE - 10_000) } });
      expect(wrongError(await place.order('key-1'), 409, 'in_progress')).toEqual([]);
      await db.idempotencyKey.updateMany({ data: { created_at: age(MINUTE + 1_000) } });
      expect((await place.order('key-1')).body.number).toBe(2);
    }));

  test('one that was thought dead and is not stores nothing', () =>
    withPlace(async (place) => {
      const db = place.api.storage.database.forOrganization(place.api.organizationId);
      const gate = Promise.withResolvers<void>();
      place.gate = gate.promise;
      const slow = place.order('key-1');
      while (place.begun === 0) await new Promise(setImmediate);
      await db.idempotencyKey.updateMany({ data: { created_at: new Date(Date.now() - 2 * MINUTE) } });
      place.gate = Promise.resolve();
      expect((await place.order('key-1')).body.number).toBe(2);
      gate.resolve();
      expect(wrongError(await slow, 409, 'in_progress')).toEqual([]);
      expect(await place.made()).toBe(1);
      expect((await place.order('key-1')).body.number).toBe(2);
    }));

  test('an answer is repeated for a day', () =>
    withPlace(async (place) => {
      const db = place.api.storage.database.forOrganization(place.api.organizationId);
      await place.order('key-1');
      const [row] = await db.idempotencyKey.findMany({});
      expect(row && row.expires_at.getTime() - row.created_at.getTime()).toBe(DAY);
      await removeExpiredAnswers(db, new Date());
      expect(await db.idempotencyKey.count({})).toBe(1);
      await db.idempotencyKey.updateMany({ data: { expires_at: new Date() } });
      expect((await place.order('key-1')).body.number).toBe(2);
      await removeExpiredAnswers(db, new Date(Date.now() + DAY + 1_000));
      expect(await db.idempotencyKey.count({})).toBe(0);
    }));

  test('the body is kept as an HMAC that another organization does not share', () =>
    withPlace(async ({ api, order }) => {
      const { admin } = await createOrganization(api.storage.database, api.dataKeys, 'Other');
      await order('key-1', { name: 'hunter2hunter2' });
      await order('key-1', { name: 'hunter2hunter2' }, { apiKey: admin.key });
      const rows = await api.storage.database.asSystem('setup').idempotencyKey.findMany({});
      const hmacs = rows.map((row) => row.body_hmac);
      expect(hmacs).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(hmacs[0]).not.toBe(hmacs[1]);
    }));

  test.each(['', ' ', 'a'.repeat(256), 'tab\there', 'ünusual'])('the key %j is refused', (key) =>
    withPlace(async ({ order, made }) => {
      const answer = await order(key);
      expect(wrongError(answer, 400, 'invalid_request')).toEqual([]);
      expect(answer.body.errors).toMatchObject([{ path: 'headers/idempotency-key' }]);
      expect(await made()).toBe(0);
    }),
  );
});
