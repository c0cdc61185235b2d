import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { auditRoutes } from '../../src/audit/audit-routes.ts';
import { codeRoutes } from '../../src/codes/code-routes.ts';
import { smsWebhookRoutes } from '../../src/codes/sms-webhook-routes.ts';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import { profileRoutes } from '../../src/profiles/profile-routes.ts';
import { ProfileStore } from '../../src/profiles/profile-store.ts';
import { SEALED_PLACES } from '../../src/sealed-places.ts';
import { signingSecretRoutes } from '../../src/signing/signing-secret-routes.ts';
import { dataKeyRoutes } from '../../src/vaults/data-key-routes.ts';
import { type Answer, type Api, startApi, wrongError } from '../http/api-fixture.ts';
import { executeSql } from '../support/raw-sql.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const COOKIE = 'kt-canary-of-a-cookie';
const SESSION = {
  name: 'imported',
  storage_state: {
    cookies: [{ name: 'sid', value: COOKIE, domain: 'site.test', path: '/' }],
    origins: [],
  },
};
const CODE = '739164';
const TOKEN = 'kt-canary-of-a-provider-token';

type Row = Record<string, unknown>;

describeOnEachDatabase('what the audit log is told', (databases) => {
  let api: Api;
  let me: string;
  beforeEach(async () => {
    const storage = await databases.open();
    api = await startApi({
      storage,
      routes: ({ dataKeys }) => [
        auditRoutes,
        profileRoutes({ profiles: new ProfileStore(dataKeys) }),
        codeRoutes({ storage, dataKeys, config: { codeLifespanSeconds: 600 }, codePicker: null }),
        signingSecretRoutes({ dataKeys }),
        smsWebhookRoutes({ dataKeys }),
        dataKeyRoutes({ dataKeys }, SEALED_PLACES),
      ],
    });
    me = (await api.call('GET', '/v1/api_keys')).body[0].api_key_id;
  });
  afterEach(() => api.close());

  const events = async (query = ''): Promise<Row[]> => (await api.call('GET', `/v1/audit?limit=200${query}`)).body;
  /** Actor, action, subject, related and result of what came after the organization's own first key. */
  const told = async (): Promise<unknown[][]> =>
    (await events('&after=1')).map((row) => [
      row.actor,
      row.action,
      row.subject,
      row.related,
      row.error_code ?? row.result,
    ]);
  const made = async (path: string, body?: unknown): Promise<Answer['body']> => {
    const answer = await api.call('POST', path, { body });
    expect(Math.floor(answer.status / 100), answer.text).toBe(2);
    return answer.body;
  };
  const ended = async (path: string) => expect((await api.call('DELETE', path)).status).toBe(204);
  const raw = (sql: string) => executeSql(api.storage.database.asSystem('setup'), sql);

  test('each thing that a key does, and nothing of what is secret', async () => {
    expect(await events()).toMatchObject([{ sequence: 1, actor: 'service', action: 'api_key.created', subject: me }]);
    const { id: other } = await api.keyWith('runs:read');
    await ended(`/v1/api_keys/${other}`);
    const { signing_secret_id: signing, signing_secret: secret } = await made('/v1/signing_secrets', {});
    await ended(`/v1/signing_secrets/${signing}`);
    const { sms_webhook_id: sms } = await made('/v1/sms_webhooks', { auth_token: TOKEN, base_url: 'https://k.test' });
    await ended(`/v1/sms_webhooks/${sms}`);
    const { browser_profile_id: profile } = await made('/v1/browser_profiles', SESSION);
    expect(JSON.stringify(await made(`/v1/browser_profiles/${profile}/export`))).toContain(COOKIE);
    const renamed = await api.call('PATCH', `/v1/browser_profiles/${profile}`, { body: { name: 'renamed' } });
    expect(renamed.status).toBe(200);
    await ended(`/v1/browser_profiles/${profile}`);
    const { totp_code_id: code } = await made('/v1/totp', { totp_identifier: 'a@b.test', content: CODE });
    expect((await api.call('GET', '/v1/totp')).body).toMatchObject([{ code: CODE }]);
    const before = (await api.call('GET', '/v1/data_keys')).body[0].data_key_id;
    const after = (await made('/v1/data_keys/rotate')).at(-1).data_key_id;
    expect(await told()).toEqual([
      [me, 'api_key.created', other, null, 'ok'],
      [me, 'api_key.revoked', other, null, 'ok'],
      [me, 'signing_secret.created', signing, null, 'ok'],
      [me, 'signing_secret.removed', signing, null, 'ok'],
      [me, 'sms_webhook.created', sms, null, 'ok'],
      [me, 'sms_webhook.removed', sms, null, 'ok'],
      [me, 'profile.imported', profile, null, 'ok'],
      [me, 'profile.exported', profile, null, 'ok'],
      [me, 'profile.patched', profile, null, 'ok'],
      [me, 'profile.deleted', profile, null, 'ok'],
      [me, 'code.read', code, null, 'ok'],
      [me, 'data_key.rotated', after, before, 'ok'],
    ]);
    const whole = (await api.call('GET', '/v1/audit/export')).text;
    for (const canary of [COOKIE, CODE, TOKEN, secret, api.key]) expect(whole).not.toContain(canary);
  });

  test('the rotation of the master key, once for each data key', async () => {
    await api.dataKeys.rotateMasterKey('command_line');
    const { data_key_id: key } = (await api.call('GET', '/v1/data_keys')).body[0];
    expect(await told()).toEqual([['command_line', 'master_key.rotated', key, null, 'ok']]);
  });

  test('what was refused, to whom and why', async () => {
    const { id, key } = await api.keyWith('runs:read');
    const refused = [
      ['DELETE', `/v1/api_keys/${me}`, key, undefined, 403],
      ['DELETE', `/v1/api_keys/${me}`, api.key, undefined, 409],
      ['POST', '/v1/browser_profiles/bp_unknown/export', api.key, undefined, 404],
      ['POST', '/v1/browser_profiles/%22a%20caller%22/export', api.key, undefined, 404],
      ['POST', '/v1/api_keys', api.key, { name: 'x', scopes: ['everything'] }, 400],
      ['POST', '/v1/api_keys', 'kt_nobody', { name: 'x', scopes: ['runs:read'] }, 401],
      ['POST', '/v1/api_keys', api.key, '{', 400],
    ] as const;
    for (const [method, path, asKey, body, status] of refused) {
      expect((await api.call(method, path, { key: asKey, body })).status).toBe(status);
    }
    expect((await told()).slice(1)).toEqual([
      [id, 'api_key.revoked', me, null, 'insufficient_scope'],
      [me, 'api_key.revoked', me, null, 'conflict'],
      [me, 'profile.exported', 'bp_unknown', null, 'not_found'],
      [me, 'profile.exported', null, null, 'not_found'],
      [me, 'api_key.created', null, null, 'invalid_request'],
      [me, 'api_key.created', null, null, 'invalid_request'],
    ]);
    expect((await events()).filter((row) => row.error_code !== null).every((row) => row.result === 'refused')).toBe(
      true,
    );
  });

  test('a secret is not read, and nothing is done, while it cannot be told', async () => {
    const { browser_profile_id: profile } = await made('/v1/browser_profiles', SESSION);
    await made('/v1/totp', { totp_identifier: 'a@b.test', content: CODE });
    await raw('ALTER TABLE audit_events RENAME TO audit_events_elsewhere');
    const exported = await api.call('POST', `/v1/browser_profiles/${profile}/export`);
    expect(wrongError(exported, 503, 'unavailable')).toEqual([]);
    const listed = await api.call('GET', '/v1/totp');
    expect(wrongError(listed, 503, 'unavailable')).toEqual([]);
    for (const { text } of [exported, listed]) expect(text).not.toMatch(new RegExp(`${COOKIE}|${CODE}`));
    expect((await api.call('DELETE', `/v1/browser_profiles/${profile}`)).status).toBe(500);
    expect((await api.call('POST', '/v1/signing_secrets', { body: {} })).status).toBe(500);
    expect((await api.call('DELETE', `/v1/api_keys/${me}`)).status).toBe(409);
    await raw('ALTER TABLE audit_events_elsewhere RENAME TO audit_events');
    expect((await api.call('GET', `/v1/browser_profiles/${profile}`)).status).toBe(200);
    expect((await api.call('GET', '/v1/signing_secrets')).body).toEqual([]);
    expect((await api.call('GET', '/v1/audit/verify')).body).toMatchObject({ valid: true });
    expect(api.log()).toContain('a refusal is missing in the audit log');
  });

  test('pages, filters and order', async () => {
    for (let number = 1; number <= 5; number += 1) await api.keyWith('runs:read');
    const sequences = async (query: string) =>
      (await api.call('GET', `/v1/audit?${query}`)).body.map((row: Row) => row.sequence);
    expect(await sequences('limit=2')).toEqual([1, 2]);
    expect(await sequences('limit=2&after=2')).toEqual([3, 4]);
    expect(await sequences('order=newest&limit=2')).toEqual([6, 5]);
    expect(await sequences('order=newest&limit=2&after=5')).toEqual([4, 3]);
    expect(await sequences('action=api_key.revoked')).toEqual([]);
    const [, second] = (await api.call('GET', '/v1/audit')).body;
    expect(await sequences(`subject=${second.subject}`)).toEqual([2]);
    await AuditLog.write(api.storage.database.forOrganization(api.organizationId), {
      actor: 'service',
      action: 'run.finished',
      subject: 'wr_1',
      related: second.subject,
    });
    expect(await sequences(`subject=${second.subject}`)).toEqual([2, 7]);
    for (const query of ['limit=0', 'limit=201', 'after=-1', 'action=everything', 'order=random', 'other=1']) {
      expect([query, (await api.call('GET', `/v1/audit?${query}`)).status]).toEqual([query, 400]);
    }
  });

  test('an export is whole, ends with itself, and another organization has its own', async () => {
    const db = api.storage.database.forOrganization(api.organizationId);
    // More than are read at a time.
    await db.transaction(async (tx) => {
      for (let number = 0; number < 520; number += 1) {
        await AuditLog.write(tx, { actor: 'service', action: 'run.finished', subject: `wr_${number}` });
      }
    });
    const exported = await api.call('GET', '/v1/audit/export');
    expect(exported.headers.get('content-type')).toContain('application/x-ndjson');
    const rows = exported.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.sequence)).toEqual(Array.from({ length: 522 }, (_, index) => index + 1));
    expect(rows.at(-1)).toMatchObject({ action: 'audit.exported', actor: me });
    expect(rows.slice(1).map((row) => row.previous_hash)).toEqual(rows.slice(0, -1).map((row) => row.hash));
    expect((await api.call('GET', '/v1/audit/verify')).body).toEqual({
      valid: true,
      events: 522,
      head_hash: rows.at(-1).hash,
    });
    const later = await api.call('GET', '/v1/audit/export?after=522');
    expect(JSON.parse(later.text)).toMatchObject({ sequence: 523, details: { after: 522 } });

    const { admin } = await createOrganization(api.storage.database, api.dataKeys, 'Other');
    const asOther = (path: string) => api.call('GET', path, { key: admin.key });
    expect((await asOther('/v1/audit')).body).toMatchObject([{ sequence: 1, subject: admin.row.id }]);
    expect((await asOther(`/v1/audit?subject=${me}`)).body).toEqual([]);
    expect((await asOther('/v1/audit/export')).text).not.toContain(api.organizationId);
    expect((await asOther('/v1/audit/verify')).body).toMatchObject({ valid: true, events: 2 });
  });
});
