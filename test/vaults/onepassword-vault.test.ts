import type { Item } from '@1password/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { optionalPackage } from '../../src/optional-package.ts';
import { parseItemPlace } from '../../src/vaults/onepassword-item.ts';
import { sdkItem } from '../../src/vaults/onepassword-sdk.ts';
import { onepasswordProvider } from '../../src/vaults/onepassword-vault.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { ConnectService, connectId } from '../support/connect-service.ts';
import { fits, refusal } from './provider-body.ts';
import { behind, describeVault, item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';

const within = (): AbortSignal => AbortSignal.timeout(10_000);

function openVault(service: ConnectService, client: GuardedClient, over: Record<string, unknown> = {}): Vault {
  const { config } = onepasswordProvider.parse({ token: service.token, api_base_url: service.http.url, ...over });
  return onepasswordProvider.open(config, vaultEnvironment(client));
}

describeVault('onepassword (Connect)', async () => {
  const service = await ConnectService.start(['Logins']);
  const client = new GuardedClient(['127.0.0.0/8']);
  return behind(
    service.http,
    client,
    openVault(service, client, { vault_id: service.vaultNamed('Logins') }),
    service.token,
  );
});

describe('a Connect server', () => {
  let service: ConnectService;
  let client: GuardedClient;
  let vault: Vault;
  const secret = SECRETS.secret as CredentialSecret;
  beforeAll(async () => {
    service = await ConnectService.start(['Logins', 'The "other" one', 'Twice', 'Twice']);
    client = new GuardedClient(['127.0.0.0/8']);
    vault = openVault(service, client, { vault_id: service.vaultNamed('Logins') });
  });
  afterAll(async () => {
    await client.close();
    await service.http.close();
  });

  test('an item is titled by its key, bears the name of the credential and is deleted', async () => {
    const one = item(SECRETS.password as CredentialSecret);
    const id = await vault.create(one, within());
    const [made] = [...service.items.values()];
    expect(id).toBe(`${service.vaultNamed('Logins')}/${made?.id}`);
    expect(made).toMatchObject({
      category: 'LOGIN',
      title: expect.stringContaining(one.key.credentialId),
      fields: expect.arrayContaining([expect.objectContaining({ id: 'name', value: one.name })]),
      urls: [{ href: 'https://shop.example', primary: true }],
    });
    await vault.delete(one.key.credentialId, id, within());
    expect(service.items.size).toBe(0);
  });

  test('finds no item of others where the server knows no filter', async () => {
    service.knowsFilters = false;
    const [one, other] = [item(secret), item(secret)];
    const ids = [await vault.create(one, within()), await vault.create(other, within())];
    expect(await vault.find(one.key, within())).toEqual(ids.slice(0, 1));
    for (const id of ids) await vault.delete('cred_1', id, within());
    service.knowsFilters = true;
  });

  const login = (fields: Record<string, unknown>[]) => ({ title: 'Shop "new"', category: 'LOGIN', fields });
  test.each([
    [
      login([
        { id: 'u', type: 'STRING', purpose: 'USERNAME', label: 'e-mail', value: 'ada' },
        { id: 'p', type: 'CONCEALED', purpose: 'PASSWORD', label: 'pass phrase', value: 'a-Passw0rd' },
        {
          id: 'x',
          type: 'OTP',
          label: 'one-time password',
          value: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP',
          totp: '123456',
        },
      ]),
      {
        credential_type: 'password',
        username: 'ada',
        password: 'a-Passw0rd',
        totp: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP',
        extra_fields: {},
      },
    ],
    [
      {
        title: 'Card',
        category: 'CREDIT_CARD',
        fields: [
          { id: 'cardholder', type: 'STRING', value: 'Ada' },
          { id: 'type', type: 'CREDIT_CARD_TYPE', value: 'visa' },
          { id: 'ccnum', type: 'CREDIT_CARD_NUMBER', value: '4111111111111111' },
          { id: 'cvv', type: 'CONCEALED', value: '012' },
          { id: 'expiry', type: 'MONTH_YEAR', value: '203103' },
        ],
      },
      { ...SECRETS['credit card'], card_holder_name: 'Ada' },
    ],
    [
      { title: 'Key', category: 'API_CREDENTIAL', fields: [{ id: 'credential', type: 'CONCEALED', value: 'a-token' }] },
      { credential_type: 'secret', secret_value: 'a-token', secret_label: null },
    ],
    [
      { title: 'Note', category: 'SECURE_NOTE', fields: [{ id: 'notesPlain', purpose: 'NOTES', value: 'a note' }] },
      { credential_type: 'secret', secret_value: 'a note', secret_label: null },
    ],
  ])('reads what people keep, by title and by id: %j', async (made, expected) => {
    const other = service.vaultNamed('The "other" one');
    const urls = [{ href: 'https://a.example/login', primary: true }];
    const id = service.put({ ...made, vault: { id: other }, urls });
    for (const place of [`op://${other}/${id}`, `op://The "other" one/${made.title}`, `${other}/${made.title}`]) {
      const read = await vault.read('cred_1', place, within());
      expect(read).toEqual({ secret: expected, addresses: ['https://a.example/login'] });
    }
    await expect(vault.read('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
    service.items.delete(id);
  });

  test('a title that two items bear names neither', async () => {
    const ids = [1, 2].map(() => service.put({ ...login([]), vault: { id: service.vaultNamed('Logins') } }));
    await expect(vault.read('cred_1', 'Shop "new"', within())).rejects.toMatchObject({
      code: 'vault_failed',
      message: expect.stringContaining('2 items'),
    });
    for (const id of ids) service.items.delete(id);
    await expect(vault.read('cred_1', 'Shop "new"', within())).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['two vaults of one name', 'Twice', '2 vaults'],
    ['no vault of the name', 'Absent', '0 vaults'],
    ['no vault of the id', connectId(), 'no vault'],
    ['several vaults and none named', undefined, 'Name the vault'],
  ])('%s: says what to name', async (_name, vault_id, words) => {
    const wrong = openVault(service, client, { vault_id });
    for (const work of [wrong.check(within()), wrong.find(newKey(), within())]) {
      await expect(work).rejects.toMatchObject({
        code: 'vault_not_configured',
        message: expect.stringContaining(words),
      });
    }
  });

  test('takes the only vault where none is named', async () => {
    const single = await ConnectService.start(['Only']);
    const only = openVault(single, client);
    await only.check(within());
    expect(await only.create(item(secret), within())).toContain(`${single.vaultNamed('Only')}/`);
    await single.http.close();
  });

  test.each([[[]], [[{ id: '' }]], [{ id: 7 }], ['text'], [null]])(
    'an answer that is none is told: %j',
    async (body) => {
      service.http.troubles.push({ kind: 'answer', answer: { status: 200, body } });
      await expect(vault.create(item(secret), within())).rejects.toMatchObject({ code: 'vault_failed' });
    },
  );
});

describe('where an item of 1Password lies', () => {
  test.each([
    ['op://Private/Shop', { vault: 'Private', item: 'Shop' }],
    ['Private/Shop of "A"', { vault: 'Private', item: 'Shop of "A"' }],
    ['Shop', { vault: null, item: 'Shop' }],
  ])('%s', (text, place) => expect(parseItemPlace(text)).toEqual(place));

  test.each(['', ' ', '/', 'op://', 'op://Shop', 'op://Private/', '/Shop', 'op://Private/Shop/password', 'a/b/c'])(
    '%j is no place',
    (text) => expect(refusal(() => parseItemPlace(text))).toMatchObject({ code: 'not_found' }),
  );
});

/** A token as service accounts have them, without what it takes to sign in. */
function tokenFor(signInAddress: unknown): string {
  return `ops_${Buffer.from(JSON.stringify({ signInAddress, email: 'a@1passwordserviceaccounts.com' })).toString('base64url')}`;
}
const TOKEN = tokenFor('my.1password.com');

describe('a service account', () => {
  const open = (token: string): Vault => {
    const { config } = onepasswordProvider.parse({ token });
    return onepasswordProvider.open(config, vaultEnvironment(new GuardedClient([])));
  };

  test('the SDK loads, and its refusal of a token is ours without the token', async () => {
    const vault = open(TOKEN);
    for (const work of [vault.check(within()), vault.read('cred_1', 'Private/Shop', within())]) {
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'vault_refused', message: expect.stringContaining('service account token') });
      expect(String((error as Error).stack)).not.toContain(TOKEN);
    }
  });

  test('is given up when the time is over', async () => {
    const check = open(TOKEN).check(AbortSignal.abort());
    await expect(check).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringContaining('in time') });
  });

  test('an address that is never to be filled in is none to be used', () => {
    const website = (url: string, autofillBehavior: string) => ({ url, label: '', autofillBehavior });
    const websites = [
      website('https://a.example', 'AnywhereOnWebsite'),
      website('https://b.example', 'ExactDomain'),
      website('https://c.example', 'Never'),
      website('', 'Never'),
    ] as Item['websites'];
    const { addresses } = sdkItem({ category: 'Login' as Item['category'], fields: [], notes: '', websites });
    expect(addresses).toEqual(['https://a.example', 'https://b.example', null]);
  });

  test('is only read', async () => {
    const vault = open(TOKEN);
    expect(vault.writable).toBe(false);
    await expect(vault.create(item(SECRETS.secret as CredentialSecret), within())).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(vault.delete('cred_1', 'a/b', within())).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await vault.find(newKey(), within())).toEqual([]);
  });

  test('a package that is not installed is named', async () => {
    const absent = '@keyturn-tests/absent';
    await expect(optionalPackage(absent, () => import(absent))).rejects.toMatchObject({
      code: 'vault_not_configured',
      message: expect.stringContaining(absent),
    });
    await expect(optionalPackage('x', () => Promise.reject(new TypeError('broken')))).rejects.toThrow('broken');
  });
});

describe('the configuration of 1Password', () => {
  test('is taken, and the metadata opens nothing', () => {
    const body = { token: 'eyJ-abcd1234', api_base_url: 'https://connect.example/', vault_id: 'Logins' };
    expect(fits(onepasswordProvider, body)).toBe(true);
    const { config, metadata, secrets } = onepasswordProvider.parse(body);
    expect(config).toEqual({ token: 'eyJ-abcd1234', api_base_url: 'https://connect.example', vault_id: 'Logins' });
    expect(metadata).toEqual({ api_base_url: 'https://connect.example', vault_id: 'Logins' });
    expect(secrets).toEqual(['eyJ-abcd1234']);
    expect(onepasswordProvider.parse({ token: TOKEN }).metadata).toEqual({ api_base_url: null, vault_id: null });
  });

  test.each([{}, { token: '' }, { token: 'a b' }, { token: 'ops_1', vault_id: '' }, { token: 'ops_1', extra: 1 }])(
    '%j does not fit',
    (wrong) => expect(fits(onepasswordProvider, wrong)).toBe(false),
  );

  test.each([{ token: 'eyJ' }, { token: 'eyJ', api_base_url: 'ftp://connect.example' }])('%j is refused', (body) => {
    expect(refusal(() => onepasswordProvider.parse(body))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: '/api_base_url' }],
    });
  });

  test.each(['my.1password.com', 'https://a-b.1password.eu', 'https://x.ent.1password.ca/'])(
    '%s is 1Password',
    (address) => {
      expect(onepasswordProvider.parse({ token: tokenFor(address) }).secrets).toEqual([tokenFor(address)]);
    },
  );

  test.each([
    'http://my.1password.com',
    'http://127.0.0.1:8080',
    '127.0.0.1',
    'my.1password.com.evil.example',
    'evil.example/my.1password.com',
    'https://my.1password.com@evil.example',
    'https://my.1password.com:8443',
    'evil1password.com',
    'my.1password.com\n.evil.example',
    7,
    undefined,
  ])('a token that leads the SDK to %j is refused', (address) => {
    expect(refusal(() => onepasswordProvider.parse({ token: tokenFor(address) }))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: '/token' }],
    });
  });

  test.each(['ops_', 'ops_!!!!', `${TOKEN}!`, `ops_.${TOKEN.slice(4)}`, 'ops_bm90LWpzb24'])(
    '%s is no token',
    (token) => {
      expect(refusal(() => onepasswordProvider.parse({ token }))).toMatchObject({ errors: [{ path: '/token' }] });
    },
  );
});
