import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { customProvider } from '../../src/vaults/custom-vault.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import { readmeBlocks, readmeTable } from '../support/readme.ts';
import { fits, refusal } from './provider-body.ts';
import { behind, describeVault, item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';

const within = (): AbortSignal => AbortSignal.timeout(10_000);
const secretOf = (kind: string) => SECRETS[kind] as CredentialSecret;

function openVault(server: CustomVaultServer, client: GuardedClient, over: Record<string, unknown> = {}): Vault {
  const given = { api_base_url: server.url, api_token: server.token, ...over };
  const { config } = customProvider.parse({ config: given });
  return customProvider.open(config, vaultEnvironment(client));
}

describeVault('custom', async () => {
  const server = await CustomVaultServer.start();
  const client = new GuardedClient(['127.0.0.0/8']);
  return behind(server.http, client, openVault(server, client), server.token);
});

describe('a custom vault service', () => {
  let server: CustomVaultServer;
  let client: GuardedClient;
  let vault: Vault;
  beforeAll(async () => {
    server = await CustomVaultServer.start();
    client = new GuardedClient(['127.0.0.0/8']);
    vault = openVault(server, client);
  });
  afterAll(async () => {
    await client.close();
    await server.http.close();
  });
  const sent = () => server.http.requests.at(-1);
  const read = (itemId: string) => vault.read('cred_1', itemId, within());

  test('is sent what the README shows', async () => {
    const examples = readmeBlocks('Custom vault service', 'json').map((block) => JSON.parse(block));
    expect(examples.map(({ type }) => type)).toEqual(['password', 'credit_card', 'secret']);
    for (const example of examples) {
      const { name, type, allowed_origins: origins = [], totp_type, totp_identifier, ...fields } = example;
      const [credentialId, writeId] = name.split(' ');
      const secret = { credential_type: type, ...fields, ...(type === 'password' && { extra_fields: {} }) };
      const codes = { totp_type, totp_identifier };
      const one = item(secret as CredentialSecret, { key: { credentialId, writeId }, origins, codes });
      const id = await vault.create(one, within());
      expect(JSON.parse(sent()?.text ?? '')).toEqual(example);
      expect(await read(id)).toMatchObject({ secret, ...(type === 'password' && { codes, addresses: origins }) });
      expect(await vault.find(one.key, within())).toEqual([id]);
    }
  });

  test.each(['email', 'text', 'none'])('is told that codes come by %s', async (totp_type) => {
    const codes = { totp_type, totp_identifier: totp_type === 'none' ? null : 'codes@shop.example' };
    await vault.create(item(secretOf('password'), { codes }), within());
    expect(JSON.parse(sent()?.text ?? '')).toMatchObject({ totp: null, ...codes });
  });

  test('is called as the README says', async () => {
    const calls = readmeTable('Call').map(([call = '']) => call.replaceAll('`', ''));
    const before = server.http.requests.length;
    await vault.check(within());
    const one = item(secretOf('secret'));
    const id = await vault.create(one, within());
    await vault.find(one.key, within());
    await read(id);
    await vault.delete(one.key.credentialId, id, within());
    const made = server.http.requests.slice(before).map(({ method, url }) => {
      const path = url.pathname.replace(new URL(server.url).pathname, '{base}').replace(id, '{id}');
      return `${method} ${path}${url.search.replace(/=.*/, '=…')}`;
    });
    expect(new Set(made)).toEqual(new Set(calls));
  });

  test('is given the token with every call, and the write as its Idempotency-Key', async () => {
    const one = item(secretOf('password'));
    // Asked once more, it is the same write.
    server.http.troubles.push({ kind: 'answer', answer: { status: 503, headers: { 'retry-after': '0' } } });
    const before = server.http.requests.length;
    await vault.create(one, within());
    const made = server.http.requests.slice(before);
    expect(made.map(({ headers }) => headers['idempotency-key'])).toEqual([one.key.writeId, one.key.writeId]);
    const tokens = new Set(server.http.requests.map(({ headers }) => headers.authorization));
    expect([...tokens]).toEqual([`Bearer ${server.token}`]);
  });

  test('a write that is sent twice makes one item', async () => {
    const one = item(secretOf('secret'));
    const id = await vault.create(one, within());
    expect(await vault.create(one, within())).toBe(id);
    const other = { ...one, secret: { ...one.secret, secret_value: 'another' } } as typeof one;
    const message = expect.stringContaining('409: “Another item was made with this key.”');
    await expect(vault.create(other, within())).rejects.toMatchObject({ code: 'vault_failed', message });
  });

  test.each([
    [
      { type: 'PASSWORD', username: 'ada', password: 'a-Passw0rd', more: { x: 1 } },
      { credential_type: 'password', username: 'ada', password: 'a-Passw0rd', totp: null, extra_fields: {} },
    ],
    [
      { type: 'password', password: 'only', totp: null },
      { credential_type: 'password', username: '', password: 'only', totp: null, extra_fields: {} },
    ],
    [
      { type: 'password', username: 'ada', password: 'only', totp: '' },
      { credential_type: 'password', username: 'ada', password: 'only', totp: null, extra_fields: {} },
    ],
    [
      { type: 'secret', secret_value: 's' },
      { credential_type: 'secret', secret_value: 's', secret_label: null },
    ],
  ])('what the customer keeps is read: %j', async (kept, secret) => {
    expect(await read(server.put(kept))).toEqual({ secret, addresses: [] });
  });

  test.each([
    [
      { totp_type: 'email', totp_identifier: 'codes@shop.example' },
      { totp_type: 'email', totp_identifier: 'codes@shop.example' },
    ],
    [
      { totp_type: 'text', totp_identifier: 491711234567 },
      { totp_type: 'text', totp_identifier: '491711234567' },
    ],
    [
      { totp_type: 'none', totp_identifier: null },
      { totp_type: 'none', totp_identifier: null },
    ],
    [{ totp_type: '', totp_identifier: '' }, undefined],
    [{}, undefined],
  ])('where its codes come from is read: %j', async (kept, codes) => {
    expect((await read(server.put({ type: 'password', password: 'x', ...kept }))).codes).toEqual(codes);
  });

  test('the addresses of an item are read', async () => {
    const allowed_origins = ['https://a.example', 'https://b.example'];
    const id = server.put({ type: 'password', username: 'ada', password: 'x', allowed_origins });
    expect((await read(id)).addresses).toEqual(allowed_origins);
    const odd = [{ origin: 'https://a.example' }, 7, '', null, 'https://b.example'];
    const other = server.put({ type: 'password', username: 'ada', password: 'x', allowed_origins: odd });
    expect((await read(other)).addresses).toEqual([null, null, 'https://b.example']);
  });

  test.each([
    [{ username: 'ada', password: 'x' }, /a type/],
    [{ type: 'password', username: 'ada' }, /neither a password nor a secret/],
    [{ type: 'passport', number: 'x' }, /neither a password nor a secret/],
    [{ type: 'password', username: 'ada', password: 'x', keyturn: '[' }, /changed by hand/],
  ])('what is no item of the contract is told: %j', async (kept, words) => {
    const failed = read(server.put(kept));
    await expect(failed).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringMatching(words) });
  });

  test.each(['', '.', '..'])('%j is no id', async (id) => {
    const before = server.http.requests.length;
    await expect(read(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(vault.delete('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
    expect(server.http.requests).toHaveLength(before);
  });

  test('an id leads to no other place', async () => {
    await expect(read('../../admin?x=1#y')).rejects.toMatchObject({ code: 'not_found' });
    expect(sent()?.url.href).toBe(`http://service${new URL(server.url).pathname}/..%2F..%2Fadmin%3Fx%3D1%23y`);
  });

  test('a wrong address or token is told by the check', async () => {
    const nowhere = openVault(server, client, { api_base_url: `${server.http.url}/elsewhere` });
    const message = expect.stringMatching(/nothing at its api_base_url/);
    for (const call of [() => nowhere.check(within()), () => nowhere.find(newKey(), within())]) {
      await expect(call()).rejects.toMatchObject({ code: 'vault_failed', message });
    }
    const stranger = openVault(server, client, { api_token: 'another' });
    await expect(stranger.check(within())).rejects.toMatchObject({ code: 'vault_refused' });
  });

  test('a redirect is not followed with the token', async () => {
    const headers = { location: `${server.url}/elsewhere` };
    server.http.troubles.push({ kind: 'answer', answer: { status: 307, headers } });
    const before = server.http.requests.length;
    await expect(vault.check(within())).rejects.toMatchObject({ code: 'vault_failed' });
    expect(server.http.requests).toHaveLength(before + 1);
  });
});

describe('a service that is only read', () => {
  let server: CustomVaultServer;
  let client: GuardedClient;
  beforeAll(async () => {
    server = await CustomVaultServer.start({ search: true });
    client = new GuardedClient(['127.0.0.0/8']);
  });
  afterAll(async () => {
    await client.close();
    await server.http.close();
  });

  test('the check says when it has to be', async () => {
    server.put({ name: 'Shop', type: 'password', username: 'ada', password: 'x' });
    const vault = openVault(server, client);
    const message = expect.stringMatching(/set read_only/);
    await expect(vault.check(within())).rejects.toMatchObject({ code: 'vault_failed', message });
    server.http.troubles.push(
      { kind: 'answer', answer: { status: 200, body: { fine: true } } },
      { kind: 'answer', answer: { status: 200, body: { fine: true } } },
    );
    await expect(vault.check(within())).rejects.toMatchObject({ code: 'vault_failed', message });
  });

  test('it is read, and nothing is written or looked for', async () => {
    const vault = openVault(server, client, { read_only: true });
    expect(vault.writable).toBe(false);
    await vault.check(within());
    const id = server.put({ name: 'Token', type: 'secret', secret_value: 't0ken' });
    expect((await vault.read('cred_1', id, within())).secret).toMatchObject({ secret_value: 't0ken' });
    const before = server.http.requests.length;
    for (const call of [
      () => vault.create(item(secretOf('secret')), within()),
      () => vault.delete('cred_1', id, within()),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(await vault.find(newKey(), within())).toEqual([]);
    expect(server.http.requests).toHaveLength(before);
  });
});

describe('a configuration of a custom vault service', () => {
  const base = { api_base_url: 'https://vault.example/items/', api_token: 'abcdefgh1234' };

  test('is metadata and a secret', () => {
    expect(fits(customProvider, { config: base })).toBe(true);
    const parsed = customProvider.parse({ config: base });
    const metadata = { api_base_url: 'https://vault.example/items', read_only: false };
    expect(parsed).toEqual({
      config: { ...metadata, api_token: 'abcdefgh1234' },
      metadata,
      secrets: ['abcdefgh1234'],
    });
    expect(customProvider.parse({ config: { ...base, read_only: true } }).metadata).toMatchObject({ read_only: true });
  });

  test.each([
    {},
    { config: {} },
    { config: { api_base_url: base.api_base_url } },
    { config: base, token: 'x' },
    { config: { ...base, token: 'x' } },
    { config: { ...base, api_token: '' } },
    { config: { ...base, api_token: 'line\r\nx: y' } },
    { config: { ...base, read_only: 'yes' } },
  ])('%j is refused by its schema', (body) => {
    expect(fits(customProvider, body)).toBe(false);
  });

  test('an address of another kind is refused', () => {
    const refused = refusal(() => customProvider.parse({ config: { ...base, api_base_url: 'http://93.184.216.34' } }));
    expect(refused).toMatchObject({ code: 'invalid_request', errors: [{ path: '/config/api_base_url' }] });
  });
});
