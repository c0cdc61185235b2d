import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createOrganization } from '../../src/organizations/organization-store.ts';
import type { MailboxSecret } from '../../src/vaults/vault.ts';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { SECRETS } from '../vaults/vault-contract.ts';

const CUSTOM = '/v1/credentials/custom_credential';

describeOnEachDatabase('vaults outside', (databases) => {
  let service: Service;
  let practice: Practice;
  let vault: CustomVaultServer;
  beforeAll(async () => {
    [service, practice, vault] = await Promise.all([
      startServiceOn(databases),
      startPractice(),
      CustomVaultServer.start(),
    ]);
    const configured = await service.call('POST', `${CUSTOM}/create`, config());
    expect(configured.status).toBe(200);
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
    await vault.http.close();
  });
  beforeEach(() => {
    vault.http.always = null;
  });

  const config = (token = vault.token) => ({ config: { api_base_url: vault.url, api_token: token } });
  const password = (over: Record<string, unknown> = {}) => ({
    name: 'kept outside',
    credential_type: 'password',
    vault_type: 'custom',
    credential: { username: practice.ada.username, password: practice.ada.password },
    ...over,
  });
  const create = (over: Record<string, unknown> = {}) => service.call('POST', '/v1/credentials', password(over));
  /** A credential at an item with these fields, which others keep for as long as that takes. */
  const link = async (fields: Record<string, unknown>, credential?: Record<string, unknown>) => {
    const item_id = vault.put({ type: 'password', username: 'ada', password: 'x', ...fields });
    const answer = await create({ item_id, credential });
    vault.items.delete(item_id);
    return answer;
  };
  const pending = async () =>
    (await service.call('GET', '/v1/vaults')).body.find(
      ({ vault_type }: { vault_type: string }) => vault_type === 'custom',
    ).pending;
  const nobody = { status: 503, body: { message: 'out to lunch' } };

  test('a credential lies there, logs in from there, and is gone from there', async () => {
    const { status, body } = await create();
    expect([status, body.vault_type, body.item_id]).toEqual([201, 'custom', null]);
    expect([...vault.items.values()]).toMatchObject([{ type: 'password', password: practice.ada.password }]);
    const asked = vault.http.requests.length;
    const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
      url: practice.site.url('classic'),
    });
    expect(await service.finished(started.body)).toMatchObject({ outcome: 'logged_in', verdict: 'passed' });
    // Once a run, however often it is needed.
    expect(vault.http.requests.slice(asked).map(({ method }) => method)).toEqual(['GET']);
    expect((await service.call('DELETE', `/v1/credentials/${body.credential_id}`)).status).toBe(204);
    await expect.poll(() => vault.items.size).toBe(0);
    await expect.poll(async () => (await pending()).count).toBe(0);
  });

  databases.testOnce(
    'it lies there with where its codes come from, and after an update with where they do then',
    async () => {
      const kept = () =>
        [...vault.items.values()].map(({ totp_type, totp_identifier }) => [totp_type, totp_identifier]);
      const { username, password } = practice.ada;
      const email = { username, password, totp_type: 'email', totp_identifier: 'ada@mail.example' };
      const { body } = await create({ credential: email });
      expect(kept()).toEqual([['email', 'ada@mail.example']]);
      const credential = { ...email, totp_type: 'text', totp_identifier: '+49171' };
      await service.call('POST', `/v1/credentials/${body.credential_id}/update`, { credential });
      await expect.poll(kept).toEqual([['text', '+49171']]);
      await service.call('DELETE', `/v1/credentials/${body.credential_id}`);
      await expect.poll(() => vault.items.size).toBe(0);
    },
  );

  databases.testOnce('an update leaves one item, with the new secret', async () => {
    const { body } = await create();
    const [first] = vault.items.keys();
    const update = { credential: { username: practice.ada.username, password: 'another password' } };
    expect((await service.call('POST', `/v1/credentials/${body.credential_id}/update`, update)).status).toBe(200);
    await expect.poll(() => vault.items.size).toBe(1);
    expect([...vault.items.keys()]).not.toEqual([first]);
    expect([...vault.items.values()]).toMatchObject([{ password: 'another password' }]);
    await service.call('DELETE', `/v1/credentials/${body.credential_id}`);
    await expect.poll(() => vault.items.size).toBe(0);
  });

  test('a deletion that fails is shown, and done when the vault is back', async () => {
    const { body } = await create();
    vault.http.always = { kind: 'answer', answer: nobody };
    expect((await service.call('DELETE', `/v1/credentials/${body.credential_id}`)).status).toBe(204);
    expect((await service.call('GET', `/v1/credentials/${body.credential_id}`)).status).toBe(404);
    await expect.poll(pending).toMatchObject({ count: 1, last_error: expect.stringContaining('out to lunch') });
    vault.http.always = null;
    expect(vault.items.size).toBe(1);
    await expect.poll(async () => [vault.items.size, (await pending()).count], { timeout: 25_000 }).toEqual([0, 0]);
  });

  test('where the vault fails nothing is stored, and the answer has its words but no secret', async () => {
    const { password: secret } = practice.ada;
    const answer = { status: 500, body: { message: `cannot keep ${secret} for ${vault.token}` } };
    vault.http.always = { kind: 'answer', answer };
    const { status, body, text } = await create();
    expect([status, body.code]).toEqual([502, 'vault_failed']);
    expect(body.detail).toContain('cannot keep');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(vault.token);
    vault.http.always = null;
    const { body: listed } = await service.call('GET', '/v1/credentials?page_size=200');
    expect(listed.filter(({ vault_type }: { vault_type: string }) => vault_type === 'custom')).toEqual([]);
    expect(vault.items.size).toBe(0);
    // Whether the vault had kept it after all is looked into once it answers.
    await expect.poll(async () => (await pending()).count, { timeout: 25_000 }).toBe(0);
  });

  databases.testOnce('a run whose vault is away submits nothing, and says why', async () => {
    const { body } = await create();
    vault.http.always = { kind: 'answer', answer: nobody };
    const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
      url: practice.site.url('classic'),
    });
    const run = await service.finished(started.body);
    expect(run).toMatchObject({ status: 'failed', outcome: 'internal', submissions: { password: 0 } });
    expect(run.failure_reason).toContain('before anything was typed');
    expect(run.failure_reason).toContain('out to lunch');
    expect(run.failure_reason).toContain('check the vault');
    expect(run.submissions).toEqual({ identifier: 0, password: 0, code: 0 });
    vault.http.always = null;
    await service.call('DELETE', `/v1/credentials/${body.credential_id}`);
    await expect.poll(() => vault.items.size).toBe(0);
  });

  databases.testOnce('what a vault says after the run is over is not kept in memory', async () => {
    const { body } = await create();
    const answered = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    vault.hold = (request) => {
      if (request.method !== 'GET') return Promise.resolve();
      asked.resolve();
      return answered.promise;
    };
    const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
      url: practice.site.url('classic'),
    });
    await asked.promise;
    const { credential_id: id, workflow_run_id: run } = started.body;
    await service.call('POST', `/v1/credentials/${id}/test/${run}/cancel`);
    expect(await service.finished(started.body)).toMatchObject({ status: 'canceled' });
    vault.hold = null;
    answered.resolve();
    await vault.http.idle();
    const { scrubber } = service.runtime.services;
    const told = `the password is ${practice.ada.password}`;
    await expect.poll(() => scrubber.scrub(told)).toBe(told);
    await service.call('DELETE', `/v1/credentials/${id}`);
    await expect.poll(() => vault.items.size).toBe(0);
    expect(scrubber.scrub(told)).toBe(told);
  });

  databases.testOnce('an item that Keyturn keeps for a credential is not taken for one of others', async () => {
    const { body } = await create();
    const [item_id] = vault.items.keys();
    const refused = [
      await service.call('POST', `/v1/credentials/${body.credential_id}/update`, { item_id }),
      await create({ item_id, credential: undefined, name: 'a second one' }),
    ];
    for (const answer of refused) {
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, '/item_id']);
      expect(answer.body.errors[0].message).toContain(body.credential_id);
    }
    const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
      url: practice.site.url('classic'),
    });
    expect(await service.finished(started.body)).toMatchObject({ outcome: 'logged_in' });
    await service.call('DELETE', `/v1/credentials/${body.credential_id}`);
    await expect.poll(() => vault.items.size).toBe(0);
  });

  databases.testOnce(
    'an item of others is read, its addresses are allowed, and it is never changed or deleted',
    async () => {
      const { origin } = new URL(practice.site.url('classic'));
      const { username, password: secret } = practice.ada;
      const item_id = vault.put({ type: 'password', username, password: secret, allowed_origins: [origin] });
      const { status, body } = await create({ item_id, credential: undefined });
      expect([status, body.item_id, body.allowed_origins]).toEqual([201, item_id, [origin]]);
      expect(body.credential.username).toBe(username);
      const read = (await service.call('GET', '/v1/audit?action=secret.read&limit=200')).body.at(-1);
      const item_sha256 = createHash('sha256').update(item_id).digest('hex');
      expect(read).toMatchObject({ subject: body.credential_id, details: { vault_type: 'custom', item_sha256 } });
      const started = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
        url: practice.site.url('classic'),
      });
      expect((await service.finished(started.body)).outcome).toBe('logged_in');
      expect((await service.call('DELETE', `/v1/credentials/${body.credential_id}`)).status).toBe(204);
      expect((await pending()).count).toBe(0);
      expect(vault.items.has(item_id)).toBe(true);
      vault.items.clear();
    },
  );

  databases.testOnce('an item whose seed is empty has none', async () => {
    for (const totp of ['', null]) {
      const { status, body } = await link({ totp, totp_type: 'none' });
      expect([status, body.credential?.totp_type]).toEqual([201, 'none']);
    }
  });

  const app = { allowed_origins: ['androidapp://com.example.shop', 'mailto:ada@evil.example'] };
  databases.testOnce('an item whose addresses are no web addresses is refused until some are named', async () => {
    const refused = await link(app);
    const errors = [
      { path: '/credential/allowed_origins', message: expect.stringMatching(/none of the item's addresses/) },
    ];
    expect([refused.status, refused.body]).toMatchObject([400, { code: 'invalid_request', errors }]);
    const allowed_origins = ['https://shop.example'];
    for (const [fields, named, expected] of [
      [app, { allowed_origins }, allowed_origins],
      [app, { allowed_origins: [] }, []],
      [{ allowed_origins: [...app.allowed_origins, 'shop.example'] }, undefined, allowed_origins],
      [{}, undefined, []],
    ] as const) {
      const { status, body } = await link(fields, named);
      expect([status, body.allowed_origins]).toEqual([201, expected]);
    }
    const first = await create();
    const item_id = vault.put({ type: 'password', username: 'ada', password: 'x', ...app });
    const update = await service.call('POST', `/v1/credentials/${first.body.credential_id}/update`, { item_id });
    expect([update.status, update.body.errors]).toEqual([400, errors]);
    await service.call('DELETE', `/v1/credentials/${first.body.credential_id}`);
    vault.items.delete(item_id);
    await expect.poll(() => vault.items.size).toBe(0);
  });

  const email = { totp_type: 'email', totp_identifier: 'codes@shop.example' };
  const seed = 'JBSWY3DPEHPK3PXP';
  const { mailbox: opened } = SECRETS['everything a password credential holds'] as { mailbox?: MailboxSecret };
  const mailbox = JSON.stringify({ mailbox: opened });
  test.each(
    databases.rowsOnce<[string, Record<string, unknown>, Record<string, unknown> | undefined, (string | null)[]]>([
      ['by email', email, undefined, ['email', 'codes@shop.example']],
      ['by text', { totp_type: 'TEXT', totp_identifier: '+49171' }, undefined, ['text', '+49171']],
      ['to a mailbox, whatever it says', { totp_type: 'none', keyturn: mailbox }, undefined, ['email', null]],
      ['to an address alone', { totp_identifier: '+49171' }, { totp_type: 'text' }, ['text', '+49171']],
      ['as the call says', email, { totp_type: 'text', totp_identifier: '+49171' }, ['text', '+49171']],
      ['to nobody, as the call says', email, { totp_type: 'none', totp_identifier: null }, ['none', null]],
      ['from a seed', { totp: seed, totp_type: 'authenticator' }, undefined, ['authenticator', null]],
      [
        'from a seed, as the call says',
        { totp: seed, ...email },
        { totp_type: 'authenticator' },
        ['authenticator', email.totp_identifier],
      ],
      ['by pigeon, but not as the call says', { totp_type: 'pigeon' }, { totp_type: 'text' }, ['text', null]],
    ]),
  )('codes of an item of others come %s', async (_how, fields, credential, expected) => {
    const { status, body } = await link(fields, credential);
    expect([status, body.credential?.totp_type, body.credential?.totp_identifier]).toEqual([201, ...expected]);
  });

  test.each(
    databases.rowsOnce<[string, Record<string, unknown>, string]>([
      ['come by pigeon', { totp_type: 'pigeon' }, 'totp_type'],
      ['are sent to two lines', { ...email, totp_identifier: 'a\nb' }, 'totp_identifier'],
      ['come by email beside a seed', { totp: seed, ...email }, 'totp_type'],
      ['come from a seed it has not', { totp: '', totp_type: 'authenticator' }, 'totp_type'],
    ]),
  )('an item whose codes %s is refused, with where to say it', async (_how, fields, member) => {
    const { status, body } = await link(fields);
    const places = new Set(body.errors?.map(({ path }: { path: string }) => path));
    expect([status, body.code, [...places]]).toEqual([400, 'invalid_request', [`/credential/${member}`]]);
  });

  test.each([
    ['with a password beside it', { item_id: 'x', credential: { password: 'p' } }, 400, 'invalid_request'],
    ['in the built-in vault', { item_id: 'x', vault_type: 'local', credential: undefined }, 400, 'invalid_request'],
    ['that is not there', { item_id: 'x', credential: undefined }, 404, 'not_found'],
    ['in a vault nobody configured', { item_id: 'x', vault_type: 'hashicorp' }, 400, 'invalid_request'],
    ['neither item nor secret', { credential: undefined }, 400, 'invalid_request'],
    ['a vault nobody configured', { vault_type: 'hashicorp' }, 400, 'vault_not_configured'],
    ['a vault there is none of', { vault_type: 'shoebox' }, 400, 'invalid_request'],
  ])('an item %s is refused', async (_name, over, status, code) => {
    const answer = await create(over);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('the default is the organization’s', async () => {
    const settings = async () => (await service.call('GET', '/v1/settings')).body;
    expect(await settings()).toEqual({ default_vault_type: 'local' });
    const put = (default_vault_type: string) => service.call('PUT', '/v1/settings', { default_vault_type });
    expect((await put('hashicorp')).body.code).toBe('vault_not_configured');
    expect((await put('custom')).status).toBe(200);
    const { body } = await create({ vault_type: undefined });
    expect(body.vault_type).toBe('custom');
    const { body: tried } = await service.call('POST', '/v1/credentials/test-login', {
      url: practice.site.url('classic'),
      username: practice.ada.username,
      password: practice.ada.password,
    });
    // A credential that ends by itself always lies in the built-in one.
    expect(vault.items.size).toBe(1);
    await service.finished(tried);
    expect((await put('local')).status).toBe(200);
    await service.call('DELETE', `/v1/credentials/${body.credential_id}`);
    await expect.poll(() => vault.items.size).toBe(0);
  });

  test('a configuration is read back without its token, and the one before it ends', async () => {
    const { body: first } = await service.call('GET', `${CUSTOM}/get`);
    expect(first.token).toMatchObject({
      valid: true,
      token_type: 'custom_credential_service',
      api_base_url: vault.url,
    });
    expect(first.token.last_four).toBe(vault.token.slice(-4));
    expect(JSON.stringify(first)).not.toContain(vault.token);
    expect((await service.call('POST', `${CUSTOM}/check`)).body).toEqual({ ok: true, code: null, detail: null });
    const wrong = await service.call('POST', `${CUSTOM}/create`, config('a-token-that-is-wrong'));
    expect(wrong.body.token.id).not.toBe(first.token.id);
    expect((await service.call('POST', `${CUSTOM}/check`)).body).toMatchObject({ ok: false, code: 'vault_refused' });
    const both = await Promise.all([1, 2].map(() => service.call('POST', `${CUSTOM}/create`, config())));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const db = service.runtime.services.storage.database.asSystem('sweep');
    expect(await db.vaultConfig.count({ where: { valid_type: 'custom' } })).toBe(1);
    expect((await service.call('POST', `${CUSTOM}/check`)).body.ok).toBe(true);
    const actions = (await service.call('GET', '/v1/audit?limit=200&action=vault_config.created')).body;
    expect(actions.length).toBeGreaterThanOrEqual(4);
  });

  test('another organization has none of it', async () => {
    const { storage, dataKeys } = service.runtime.services;
    const { admin } = await createOrganization(storage.database, dataKeys, 'the other one');
    const as = { 'x-api-key': admin.key };
    expect((await service.call('GET', `${CUSTOM}/get`, undefined, as)).status).toBe(404);
    expect((await service.call('POST', `${CUSTOM}/check`, undefined, as)).status).toBe(404);
    const answer = await service.call('POST', '/v1/credentials', password(), as);
    expect(answer.body.code).toBe('vault_not_configured');
  });
});
