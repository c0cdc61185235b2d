import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ORGANIZATION_MODEL_NAMES } from '../../src/storage/db.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { type ApiDocument, type Operation, operationsOf } from './api-document.ts';
import { filledPath, placesOf } from './generated-requests.ts';
import { type HttpAnswer, HttpSender } from './http-sender.ts';
import {
  addressOf,
  type Ids,
  type Organization,
  startTwoOrganizations,
  type TwoOrganizations,
} from './two-organizations.ts';

/** One try to reach something: with the id of another organization, or, to compare, with one nobody has. */
interface Try {
  name: string;
  /** Calls with an id in the place that is tried. */
  call: (id: string) => Promise<HttpAnswer>;
  id: string;
}

/** As long as a real one, and of the same prefix. */
const unknownLike = (id: string): string =>
  id.includes('_') ? `${id.slice(0, -8)}zzzzzzzz` : id.replace(/^[^.]+/, (name) => `${name}-none`);

/** A body for each operation that takes one, so that nothing but an id is wrong with it. */
const BODIES: Record<string, object> = {
  'POST /v1/credentials/{id}/test': { url: 'http://127.0.0.1:1/login' },
  'POST /v1/credentials/{id}/update': { credential: { password: 'another' } },
  'PUT /v1/credentials/{id}/update': { credential: { password: 'another' } },
  'PUT /v1/credentials/{id}': { credential: { password: 'another' } },
  'PATCH /v1/credentials/{id}': { name: 'renamed' },
  'PATCH /v1/browser_profiles/{id}': { name: 'renamed' },
};

const PUSH = { totp_identifier: 'isolated@lindgrove.test', content: '402816' };
const PROFILE = { name: 'brought', storage_state: { cookies: [], origins: [] } };
const CREDENTIAL = { name: 'x', credential_type: 'password', credential: { password: 'p' } };

/** Where an id stands in a body: operation, member, the rest of the body. */
const BODY_PLACES: [path: string, member: string, rest: object][] = [
  ['/v1/credentials', 'browser_profile_id', CREDENTIAL],
  ['/v1/browser_profiles', 'credential_id', PROFILE],
  ['/v1/totp', 'workflow_run_id', PUSH],
  ['/v1/totp', 'task_id', PUSH],
  ['/v1/totp', 'workflow_id', PUSH],
  ['/v1/credentials/totp', 'workflow_run_id', PUSH],
];

const QUERY_PLACES: [path: string, member: string][] = [
  ['/v1/runs', 'credential_id'],
  ['/v1/totp', 'workflow_run_id'],
  ['/v1/totp', 'totp_identifier'],
  ['/v1/credentials/totp', 'workflow_run_id'],
  // What was refused here is in one's own log, with the id that was asked for: made was nothing.
  ['/v1/audit?action=credential.created', 'subject'],
];

const all = (ids: Ids): string[] => Object.values(ids).flat();

/** An answer without what differs by nature: the uuid of the call, and the id it was asked for. */
function told(answer: HttpAnswer, id: string): string {
  const { uuid: _uuid, ...rest } = JSON.parse(answer.body.toString('utf8') || '{}');
  const { date: _date, ...headers } = answer.headers;
  return JSON.stringify([answer.status, rest, headers]).replaceAll(id, '<id>');
}

describeOnEachDatabase('one organization and the things of another', (databases) => {
  /** `npm test` makes each twelfth try; the long form all of them. */
  const isLong = inject('fuzz').requests >= 10_000 || inject('thorough');
  let world: TwoOrganizations;
  let operations: Operation[];
  let sender: HttpSender;

  beforeAll(async () => {
    world = await startTwoOrganizations(databases);
    sender = new HttpSender(world.service.url);
    operations = operationsOf((await world.service.call('GET', '/openapi.json')).body as ApiDocument);
  }, 300_000);
  afterAll(async () => {
    sender?.close();
    await world?.close();
  }, 120_000);

  const send = (method: string, target: string, body?: object, headers: Record<string, string> = {}) =>
    sender.send({
      method,
      target,
      headers: { 'x-api-key': world.mine.key, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && Buffer.from(JSON.stringify(body)),
    });

  /** Every row of an organization, byte for byte, but for one column if it is named. */
  async function rowsOf({ id }: Organization, without?: string): Promise<string> {
    const db = world.service.runtime.services.storage.database.forOrganization(id);
    const shown = (name: string, value: unknown) => (name === without ? undefined : bytesAsHex(name, value));
    const rows = [];
    for (const name of ORGANIZATION_MODEL_NAMES) {
      const model = db[name] as unknown as { findMany(): Promise<object[]> };
      rows.push([name, (await model.findMany()).map((row) => JSON.stringify(row, shown)).sort()]);
    }
    return JSON.stringify(rows);
  }

  /** In each place of each path an id of theirs: of the right kind, and of every other. */
  function pathTries(): Try[] {
    const { mine, theirs } = world;
    const extras: Record<string, string>[] = [
      {},
      { 'idempotency-key': theirs.idempotencyKey },
      { 'last-event-id': '1' },
    ];
    const variants = ['', '/api'].flatMap((prefix) =>
      extras.map((headers) => ({ prefix, headers, tail: prefix === '' ? '' : '/' })),
    );
    return operations
      .filter(({ path }) => path.startsWith('/v1/') && path.includes('{'))
      .flatMap((operation) =>
        placesOf(operation.path).flatMap((kind, place, kinds) =>
          variants.flatMap(({ prefix, tail, headers }) =>
            // An artifact's name is nobody's: theirs are told by the run.
            (kind === 'artifact' ? [] : all(theirs.ids).filter((id) => id.includes('_'))).flatMap((id) =>
              [mine, theirs].flatMap((besides) => {
                const others = kinds.map((other) => besides.ids[other][0] ?? '');
                const call = (tried: string) => {
                  const ids = others.with(place, tried);
                  const target = prefix + filledPath(operation.path, ids) + tail;
                  return send(operation.method, target, BODIES[operation.id], headers);
                };
                // With one place there is nothing besides.
                if (kinds.length === 1 && besides === theirs) return [];
                return [{ name: `${operation.id} ${kind}`, call, id }];
              }),
            ),
          ),
        ),
      );
  }

  function bodyTries(): Try[] {
    return BODY_PLACES.flatMap(([path, member, rest]) =>
      all(world.theirs.ids).map((id) => ({
        name: `POST ${path} ${member}`,
        call: (tried: string) => send('POST', path, { ...rest, [member]: tried }),
        id,
      })),
    );
  }

  function queryTries(): Try[] {
    return QUERY_PLACES.flatMap(([path, member]) =>
      [...all(world.theirs.ids), addressOf(world.theirs)].flatMap((id) =>
        member === 'totp_identifier' || id.includes('_')
          ? [
              {
                name: `GET ${path} ${member}`,
                call: (tried: string) =>
                  send('GET', `${path}${path.includes('?') ? '&' : '?'}${member}=${encodeURIComponent(tried)}`),
                id,
              },
            ]
          : [],
      ),
    );
  }

  /** Places in lists and streams: none is behind what an organization has itself. */
  function cursorTries(): Try[] {
    const streams = world.theirs.ids.run.flatMap((id) =>
      [undefined, '0', '1', '5', '999999999'].map((last) => ({
        name: `GET /v1/runs/{id}/events after ${last}`,
        call: (tried: string) =>
          send('GET', `/v1/runs/${tried}/events`, undefined, last === undefined ? {} : { 'last-event-id': last }),
        id,
      })),
    );
    return streams;
  }

  // First: what is refused later is written in one's own log, with the ids that were asked for.
  test('lists end where its own end, whatever page is asked for', { timeout: 600_000 }, async () => {
    const theirs = all(world.theirs.ids).filter((id) => id.includes('_'));
    const pages = isLong ? 20 : 4;
    let tries = 0;
    for (const path of [
      '/v1/credentials',
      '/v1/browser_profiles',
      '/v1/runs',
      '/v1/audit',
      '/v1/totp',
      '/v1/api_keys',
      '/v1/signing_secrets',
      '/v1/sms_webhooks',
      '/v1/data_keys',
    ]) {
      const paged = ['/v1/credentials', '/v1/browser_profiles', '/v1/runs'].includes(path);
      for (let page = 1; page <= (paged ? pages : 1); page += 1) {
        for (const size of [1, 200]) {
          const query = paged
            ? `?page=${page}&page_size=${size}`
            : path === '/v1/audit'
              ? `?after=${page - 1}&limit=${size}`
              : '';
          const { status, body } = await send('GET', path + query);
          expect([path, status]).toEqual([path, 200]);
          const text = body.toString('utf8');
          expect(theirs.filter((id) => text.includes(id))).toEqual([]);
          expect(text).not.toContain(world.theirs.id);
          tries += 1;
        }
      }
    }
    const { body } = await send('GET', '/v1/audit/export');
    expect(theirs.filter((id) => body.includes(id))).toEqual([]);
    expect(tries).toBeGreaterThan(20);
  });

  test('cannot be told from what is not there, in path, query, body and stream', { timeout: 1_800_000 }, async () => {
    const before = await rowsOf(world.theirs);
    const tries = [...pathTries(), ...bodyTries(), ...queryTries(), ...cursorTries()];
    const tried = isLong ? tries : tries.filter((_one, at) => at % 12 === 0);
    const succeeded: string[] = [];
    const unknown = new Map<string, string>();
    for (const { name, call, id } of tried) {
      const nobodys = unknownLike(id);
      const theirs = told(await call(id), id);
      // The same place with an id nobody has: asked for each prefix of ids once.
      const like = `${name} ${id.split('_')[0]}`;
      const none = unknown.get(like) ?? told(await call(nobodys), nobodys);
      unknown.set(like, none);
      if (theirs !== none) succeeded.push(`${name} ${id}: ${theirs.slice(0, 300)} instead of ${none.slice(0, 300)}`);
    }
    console.info(
      `${databases.dialect}: ${tried.length} tries in path, query, body and stream; told anything: ${succeeded.length}`,
      ...succeeded.slice(0, 3),
    );
    expect(succeeded).toEqual([]);
    expect(await rowsOf(world.theirs)).toBe(before);
    expect(tried.length).toBeGreaterThan(isLong ? 2_000 : 150);
  });

  test('an Idempotency-Key of theirs is a new one here', { timeout: 600_000 }, async () => {
    const { mine, theirs } = world;
    const [, credential = ''] = mine.ids.credential;
    const target = `/v1/credentials/${credential}/test`;
    const body = { url: `${world.practice.site.url('classic')}` };
    // Their own key is used here, which is noted once a minute, and not waited for.
    const rows = () => rowsOf(theirs, 'last_used_at');
    const before = await rows();
    const first = await theirs.call('POST', `/v1/credentials/${theirs.ids.credential[0]}/test`, body, {
      'idempotency-key': theirs.idempotencyKey,
    });
    expect(first.headers.get('idempotent-replayed')).toBe('true');
    expect(first.body.workflow_run_id).toBe(theirs.ids.run[0]);
    // Of a credential of theirs it is not even looked at; of one of its own nothing comes back of theirs.
    const across = await send('POST', `/v1/credentials/${theirs.ids.credential[0]}/test`, body, {
      'idempotency-key': theirs.idempotencyKey,
    });
    expect(across.status).toBe(404);
    expect(across.headers['idempotent-replayed']).toBeUndefined();
    const own = await send(
      'POST',
      target,
      { url: 'http://127.0.0.1:1/login' },
      { 'idempotency-key': theirs.idempotencyKey },
    );
    expect([own.status, own.headers['idempotent-replayed']]).toEqual([200, undefined]);
    expect(theirs.ids.run).not.toContain(JSON.parse(own.body.toString('utf8')).workflow_run_id);
    expect(await rows()).toBe(before);
  });

  test('a key of theirs opens their things only, in either header', async () => {
    const { mine, theirs } = world;
    const target = `/v1/credentials/${mine.ids.credential[0]}`;
    const ways: Record<string, string>[] = [
      { 'x-api-key': theirs.key },
      { authorization: `Bearer ${theirs.key}`, 'x-api-key': '' },
    ];
    for (const headers of ways) {
      expect((await send('GET', target, undefined, headers)).status).toBe(404);
    }
    const both = { authorization: `Bearer ${theirs.key}` };
    expect((await send('GET', target, undefined, both)).status).toBe(401);
  });
});

function bytesAsHex(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'bigint' ? String(value) : value;
}
