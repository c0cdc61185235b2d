import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { hashicorpProvider } from '../../src/vaults/hashicorp-vault.ts';
import type { Vault } from '../../src/vaults/vault.ts';
import { HashicorpService } from '../support/hashicorp-service.ts';
import { fits, refusal } from './provider-body.ts';
import { behind, describeVault, item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';

const within = (): AbortSignal => AbortSignal.timeout(10_000);

function openVault(service: HashicorpService, client: GuardedClient, over: Record<string, unknown> = {}): Vault {
  const { config } = hashicorpProvider.parse({
    config: { api_base_url: service.http.url, token: service.token, ...over },
  });
  return hashicorpProvider.open(config, vaultEnvironment(client));
}

describeVault('hashicorp', async () => {
  const service = await HashicorpService.start();
  const client = new GuardedClient(['127.0.0.0/8']);
  return behind(service.http, client, openVault(service, client), service.token);
});

describe('the key-value engine', () => {
  let service: HashicorpService;
  let client: GuardedClient;
  let vault: Vault;
  beforeAll(async () => {
    service = await HashicorpService.start({ mount: 'kv/team', namespace: 'north' });
    client = new GuardedClient(['127.0.0.0/8']);
    vault = openVault(service, client, { mount: 'kv/team', path: 'apps/keyturn', namespace: 'north' });
  });
  afterAll(async () => {
    await client.close();
    await service.http.close();
  });

  test('an item lies below the path, under both parts of its key, and leaves nothing behind', async () => {
    const one = item(SECRETS.secret as never);
    const id = await vault.create(one, within());
    expect(service.paths).toEqual([`apps/keyturn/${one.key.credentialId}-${one.key.writeId}`]);
    await vault.delete(one.key.credentialId, id, within());
    expect(service.paths).toEqual([]);
  });

  test.each([
    [
      { username: 'ada', password: 'a-Passw0rd', otp: 'JBSWY3DPEHPK3PXP', url: 'https://a.example/login' },
      {
        credential_type: 'password',
        username: 'ada',
        password: 'a-Passw0rd',
        totp: 'JBSWY3DPEHPK3PXP',
        extra_fields: {},
      },
      ['https://a.example/login'],
    ],
    [
      { email: 'ada@a.example', password: 1234 },
      { credential_type: 'password', username: 'ada@a.example', password: '1234', totp: null, extra_fields: {} },
      [],
    ],
    [{ value: 'a-token' }, { credential_type: 'secret', secret_value: 'a-token', secret_label: null }, []],
  ])('reads what people keep: %j', async (fields, secret, addresses) => {
    service.put('apps/keyturn/mail/shop', fields);
    expect(await vault.read('cred_1', 'mail/shop', within())).toEqual({ secret, addresses });
  });

  test.each([
    [{ note: 'nothing here' }],
    [{ credential_type: 'passkey', password: 'x' }],
    [{ credential_type: 'password' }],
  ])('says that an item is none: %j', async (fields) => {
    service.put('apps/keyturn/odd', fields);
    await expect(vault.read('cred_1', 'odd', within())).rejects.toMatchObject({ code: 'vault_failed' });
  });

  test('an item changed by hand is told without its text', async () => {
    service.put('apps/keyturn/changed', { credential_type: 'password', password: 'x', keyturn: '{"half": "a-secret' });
    const read = vault.read('cred_1', 'changed', within());
    await expect(read).rejects.toMatchObject({
      code: 'vault_failed',
      message: expect.not.stringContaining('a-secret'),
    });
  });

  test('an item whose newest version was deleted is not there, yet found for its removal', async () => {
    const one = item(SECRETS.secret as never);
    const id = await vault.create(one, within());
    service.softDelete(`apps/keyturn/${id}`);
    await expect(vault.read(one.key.credentialId, id, within())).rejects.toMatchObject({ code: 'not_found' });
    expect(await vault.find(one.key, within())).toEqual([id]);
    await vault.delete(one.key.credentialId, id, within());
    expect(await vault.find(one.key, within())).toEqual([]);
  });

  test.each(['../../../sys/seal-status', '..', './x', 'a//b', '', 'a/./b'])('%j leads nowhere', async (id) => {
    const asked = service.http.requests.length;
    await expect(vault.read('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
    expect(service.http.requests).toHaveLength(asked);
  });

  test('a mount that is not there is no missing item', async () => {
    const elsewhere = openVault(service, client, { mount: 'kv/other', namespace: 'north' });
    const works = [
      elsewhere.find(newKey(), within()),
      elsewhere.read('cred_1', 'x', within()),
      elsewhere.delete('cred_1', 'x', within()),
    ];
    for (const work of works) {
      await expect(work).rejects.toMatchObject({
        code: 'vault_failed',
        message: expect.stringContaining('no handler'),
      });
    }
  });

  test('404 of something in between is no missing item', async () => {
    service.http.troubles.push({ kind: 'answer', answer: { status: 404, body: { message: 'no such page' } } });
    await expect(vault.find(newKey(), within())).rejects.toMatchObject({ code: 'vault_failed' });
  });

  test('another namespace and a wrong token are refused', async () => {
    const settings = { mount: 'kv/team', path: 'apps/keyturn' };
    await expect(openVault(service, client, settings).check(within())).rejects.toMatchObject({ code: 'vault_refused' });
    const wrong = openVault(service, client, { ...settings, namespace: 'north', token: 'hvs.wrong' });
    await expect(wrong.check(within())).rejects.toMatchObject({
      code: 'vault_refused',
      message: expect.stringContaining('permission denied'),
    });
  });

  test('a sealed server says so', async () => {
    service.sealed = true;
    const check = vault.check(within());
    await expect(check).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringContaining('sealed') });
    service.sealed = false;
    await vault.check(within());
  });
});

describe('the configuration of HashiCorp Vault', () => {
  const body = (over: Record<string, unknown> = {}) => ({
    config: { api_base_url: 'https://vault.example:8200/', token: 'hvs.abcd1234', ...over },
  });

  test('is taken with its defaults, and the metadata opens nothing', () => {
    expect(fits(hashicorpProvider, body())).toBe(true);
    const { config, metadata, secrets } = hashicorpProvider.parse(body());
    expect(config).toMatchObject({ token: 'hvs.abcd1234', mount: 'secret', path: 'keyturn', namespace: null });
    expect(metadata).toEqual({
      api_base_url: 'https://vault.example:8200',
      mount: 'secret',
      path: 'keyturn',
      namespace: null,
    });
    expect(secrets).toEqual(['hvs.abcd1234']);
  });

  test.each([
    body({ token: '' }),
    body({ token: 'two\r\nlines' }),
    body({ mount: '../sys' }),
    body({ mount: '/secret' }),
    body({ path: 'a/../b' }),
    body({ path: 'a//b' }),
    body({ extra: 1 }),
    { ...body(), more: true },
    { config: { token: 'x' } },
    {},
  ])('%j does not fit', (wrong) => expect(fits(hashicorpProvider, wrong)).toBe(false));

  test.each(['ftp://vault.example', 'https://user:pw@vault.example', 'nonsense'])('refuses the address %s', (url) => {
    expect(refusal(() => hashicorpProvider.parse(body({ api_base_url: url })))).toMatchObject({
      code: 'invalid_request',
    });
  });
});
