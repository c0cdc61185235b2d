import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES, type Scope } from '../../src/http/scopes.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { readmeTable } from '../support/readme.ts';
import { type Service, startService } from '../support/service.ts';

interface Operation {
  security?: { apiKey: Scope[] }[];
  summary: string;
}

let service: Service;
let practice: Practice;
/** Ids of things that belong to the first organization, by the kind of path they stand in. */
let ids: Record<string, string>;
let foreign: string;
let documented: { method: string; path: string; scope: Scope | null; summary: string }[];
/** Those that need a key. */
let routes: typeof documented;

beforeAll(async () => {
  [service, practice] = await Promise.all([startService(), startPractice()]);
  const { storage, dataKeys } = service.runtime.services;
  foreign = (await createOrganization(storage.database, dataKeys, 'the other one')).admin.key;
  const { body: document } = await service.call('GET', '/openapi.json');
  documented = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        scope: operation.security?.[0]?.apiKey[0] ?? null,
        summary: operation.summary,
      })),
  );
  routes = documented.filter(({ path }) => path.startsWith('/v1/'));
  const { ada, site } = practice;
  const { body: credential } = await service.call('POST', '/v1/credentials', {
    name: 'mine',
    credential_type: 'password',
    credential: { username: ada.username, password: ada.password },
  });
  const started = await service.call('POST', `/v1/credentials/${credential.credential_id}/test`, {
    url: site.url('classic'),
  });
  const run = await service.finished(started.body);
  expect(run.outcome).toBe('logged_in');
  const { body: detail } = await service.call('GET', `/v1/runs/${run.workflow_run_id}`);
  const key = await service.call('POST', '/v1/api_keys', { name: 'a key', scopes: ['runs:read'] });
  const signing = await service.call('POST', '/v1/signing_secrets', {});
  const sms = await service.call('POST', '/v1/sms_webhooks', {
    auth_token: 'the-token-of-a-provider',
    base_url: 'https://keyturn.example.com',
  });
  const pushed = { totp_identifier: 'mine@lindgrove.test', content: '123456' };
  expect((await service.call('POST', '/v1/totp', pushed)).status).toBe(200);
  ids = {
    credentials: credential.credential_id,
    test: run.workflow_run_id,
    runs: run.workflow_run_id,
    artifacts: detail.artifacts[0].name,
    workflows: detail.workflow_permanent_id,
    browser_profiles: run.browser_profile_id,
    api_keys: key.body.api_key_id,
    signing_secrets: signing.body.signing_secret_id,
    sms_webhooks: sms.body.sms_webhook_id,
  };
});
afterAll(async () => {
  await service.close();
  await practice.close();
});

/** The path with an id in each place, by the folder before it. */
function filled(path: string, of: (kind: string, id: string) => string): string {
  return path.replace(/\/(\w+)\/\{\w+\}/g, (_all, kind: string) => `/${kind}/${of(kind, ids[kind] ?? '')}`);
}

const own = (path: string) => filled(path, (_kind, id) => id);
/** As long as a real one, and of the same prefix. */
const unknown = (path: string) => filled(path, (_kind, id) => id.replace(/[0-9a-z]{6}$/, 'zzzzzz'));

/** A body that passes the schema, so that what is refused is the id. */
const BODIES: Record<string, unknown> = {
  'POST /v1/credentials/{id}/test': { url: 'https://login.example.com/' },
  'POST /v1/credentials/{id}/update': { credential: { password: 'another password' } },
  'PUT /v1/credentials/{id}/update': { credential: { password: 'another password' } },
  'PUT /v1/credentials/{id}': { credential: { password: 'another password' } },
  'PATCH /v1/credentials/{id}': { name: 'renamed' },
  'PATCH /v1/browser_profiles/{id}': { name: 'renamed' },
};

test("the README's table of routes is what the service serves", () => {
  const rows = documented.map(({ method, path, scope, summary }) => [
    `\`${method} ${path}\``,
    scope === null ? 'none' : `\`${scope}\``,
    summary,
  ]);
  const plain = (row: string[]) => row.map((cell, column) => (column === 2 ? cell.replaceAll('`', '') : cell));
  expect(readmeTable('Route').map(plain).sort()).toEqual(rows.map(plain).sort());
});

async function snapshot(): Promise<unknown> {
  const { database } = service.runtime.services.storage;
  const db = database.asSystem('sweep');
  const rows = await Promise.all([
    db.credential.findMany({ orderBy: { id: 'asc' } }),
    db.browserProfile.findMany({ orderBy: { id: 'asc' } }),
    db.run.findMany({ orderBy: { id: 'asc' } }),
    db.vaultItem.findMany({ orderBy: { id: 'asc' } }),
    db.apiKey.findMany({ orderBy: { id: 'asc' }, omit: { last_used_at: true } }),
    db.signingSecret.findMany({ orderBy: { id: 'asc' } }),
    db.smsWebhook.findMany({ orderBy: { id: 'asc' } }),
    db.code.findMany({ orderBy: { id: 'asc' } }),
  ]);
  return JSON.stringify(rows, (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
}

test('the document lists what the contract does', () => {
  expect(routes.length).toBeGreaterThan(25);
  expect(routes.filter(({ scope }) => scope === null)).toEqual([]);
});

test('what needs no key stands outside of /v1, and is health or signed', () => {
  const open = documented.filter(({ scope }) => scope === null).map(({ method, path }) => `${method} ${path}`);
  expect(open.sort()).toEqual(['GET /health/live', 'GET /health/ready', 'POST /inbound/sms/{id}']);
});

test('no answer under /v1 may be kept by anybody, a refusal and a stream neither', async () => {
  const kept = async (method: string, path: string, headers: Record<string, string>) => {
    const response = await fetch(service.url + path, { method, headers });
    await response.body?.cancel();
    return response.headers.get('cache-control')?.includes('no-store') ? [] : [`${method} ${path} ${response.status}`];
  };
  const all: string[] = [];
  for (const { method, path } of routes) {
    all.push(...(await kept(method, own(path), {})));
    if (method !== 'GET') continue;
    for (const prefix of ['', '/api'])
      all.push(...(await kept(method, prefix + own(path), { 'x-api-key': service.key })));
  }
  all.push(...(await kept('GET', '/v1/nothing-here', { 'x-api-key': service.key })));
  all.push(...(await kept('GET', '/api/v1/nothing-here', {})));
  all.push(...(await kept('OPTIONS', '/v1/credentials', {})));
  expect(all).toEqual([]);
});

test('nothing under /v1 answers without a key', async () => {
  for (const { method, path } of routes) {
    const { status, body } = await service.call(method, own(path), undefined, { 'x-api-key': '' });
    expect([method, path, status, body.code]).toEqual([method, path, 401, 'authentication_failure']);
  }
});

test('each route wants its own scope and no other will do', async () => {
  const keys = new Map<Scope, string>();
  for (const scope of new Set(routes.map((route) => route.scope as Scope))) {
    const scopes =
      scope === 'admin'
        ? SCOPES.filter((one) => one !== 'admin')
        : SCOPES.filter((one) => one !== scope && one !== 'admin');
    const { body } = await service.call('POST', '/v1/api_keys', { name: `all but ${scope}`, scopes });
    keys.set(scope, body.api_key);
  }
  for (const { method, path, scope } of routes) {
    const { status, body } = await service.call(method, own(path), undefined, {
      'x-api-key': keys.get(scope as Scope) ?? '',
    });
    expect([method, path, status, body.code]).toEqual([method, path, 403, 'insufficient_scope']);
  }
});

describe("another organization's ids", () => {
  test('in a path look like unknown ones, and nothing changes', async () => {
    const before = await snapshot();
    const asForeign = { 'x-api-key': foreign };
    for (const { method, path } of routes.filter((route) => route.path.includes('{'))) {
      const body = BODIES[`${method} ${path}`];
      const theirs = await service.call(method, own(path), body, asForeign);
      const nobodys = await service.call(method, unknown(path), body, asForeign);
      const mine = await service.call(method, unknown(path), body);
      for (const answer of [theirs, nobodys, mine]) {
        expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'not_found']);
      }
      const { uuid: _one, ...told } = theirs.body;
      const { uuid: _other, ...same } = nobodys.body;
      expect(told).toEqual(same);
    }
    expect(await snapshot()).toBe(before);
  });

  test('in a body or a query are unknown too', async () => {
    const asForeign = { 'x-api-key': foreign };
    const imported = await service.call(
      'POST',
      '/v1/browser_profiles',
      { name: 'taken', credential_id: ids.credentials, storage_state: { cookies: [], origins: [] } },
      asForeign,
    );
    expect([imported.status, imported.body.code]).toEqual([404, 'not_found']);
    const created = await service.call(
      'POST',
      '/v1/credentials',
      {
        name: 'taken',
        credential_type: 'password',
        credential: { password: 'p' },
        browser_profile_id: ids.browser_profiles,
      },
      asForeign,
    );
    expect([created.status, created.body.code]).toEqual([404, 'not_found']);
    expect((await service.call('GET', '/v1/credentials', undefined, asForeign)).body).toEqual([]);
    const query = `?credential_id=${ids.credentials}`;
    expect((await service.call('GET', `/v1/runs${query}`, undefined, asForeign)).body).toEqual([]);
    for (const path of ['/v1/browser_profiles', '/v1/totp', '/v1/signing_secrets', '/v1/sms_webhooks']) {
      expect((await service.call('GET', path, undefined, asForeign)).body).toEqual([]);
    }
    for (const name of ['workflow_run_id', 'task_id']) {
      const body = { totp_identifier: 'mine@lindgrove.test', content: '123456', [name]: ids.runs };
      const pushed = await service.call('POST', '/v1/totp', body, asForeign);
      expect([pushed.status, pushed.body.errors[0].path]).toEqual([400, `/${name}`]);
    }
  });

  test('a run that belongs to another credential of the same organization is not found under this one', async () => {
    const { body: other } = await service.call('POST', '/v1/credentials', {
      name: 'other',
      credential_type: 'password',
      credential: { username: 'x', password: 'y' },
    });
    for (const [method, tail] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const { status } = await service.call(method, `/v1/credentials/${other.credential_id}/test/${ids.runs}${tail}`);
      expect(status).toBe(404);
    }
  });
});

test('the older prefix and a slash at the end serve the same', async () => {
  const { body } = await service.call('GET', `/v1/credentials/${ids.credentials}`);
  for (const path of [`/api/v1/credentials/${ids.credentials}`, `/v1/credentials/${ids.credentials}/`]) {
    expect((await service.call('GET', path)).body).toEqual(body);
  }
});
