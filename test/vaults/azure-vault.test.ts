import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { azureProvider } from '../../src/vaults/azure-vault.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { AzureService } from '../support/azure-service.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, openssl, type TestCertificates } from '../support/test-certificates.ts';
import { fits, refusal } from './provider-body.ts';
import { describeVault, item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';

const within = (): AbortSignal => AbortSignal.timeout(10_000);

interface Opened {
  service: AzureService;
  client: GuardedClient;
  /** What was logged. */
  lines: Record<string, unknown>[];
  open(over?: Record<string, unknown>, azureVaultUrl?: string | null): Vault;
  close(): Promise<void>;
}

/** The SDK insists on TLS: this process trusts our authority for as long as the service is open. */
async function openService(): Promise<Opened> {
  const certificates: TestCertificates = makeCertificates();
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, certificates.ca]);
  const service = await AzureService.start(certificates);
  const client = new GuardedClient(['127.0.0.0/8']);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return {
    service,
    client,
    lines,
    open(over = {}, azureVaultUrl = null) {
      const credential = {
        tenant_id: service.tenant,
        client_id: service.clientId,
        client_secret: service.clientSecret,
        vault_url: service.vault.url,
        authority_host: service.authority.url,
        ...over,
      };
      return azureProvider.open(
        azureProvider.parse({ credential }).config,
        vaultEnvironment(client, { log, azureVaultUrl }),
      );
    },
    async close() {
      await client.close();
      await service.close();
      setDefaultCACertificates(trusted);
      certificates.remove();
    },
  };
}

describeWith(openssl, 'with the packages of Azure', () => {
  describeVault('azure_vault', async () => {
    const opened = await openService();
    return {
      vault: opened.open(),
      token: opened.service.clientSecret,
      goWrong: (trouble, requests) => opened.service.goWrong(trouble, requests),
      close: opened.close,
    };
  });

  describe('Azure Key Vault', () => {
    let opened: Opened;
    let vault: Vault;
    const secret = SECRETS.secret as CredentialSecret;
    beforeAll(async () => {
      opened = await openService();
      vault = opened.open();
    });
    afterAll(() => opened.close());

    test('a secret is named by its key, tagged with the credential, and purged', async () => {
      const one = item(secret);
      const id = await vault.create(one, within());
      expect(id).toBe(`keyturn-${one.key.credentialId}-${one.key.writeId}`.replaceAll('_', '-'));
      expect(opened.service.secrets.get(id)?.at(-1)?.tags).toEqual({
        credential_id: one.key.credentialId,
        name: one.name,
      });
      await vault.delete(one.key.credentialId, id, within());
      expect(opened.service.secrets.size + opened.service.deleted.size).toBe(0);
      expect(opened.lines).toEqual([]);
    });

    test('where purging is forbidden the secret is gone, and the log says that it can be recovered', async () => {
      opened.service.mayPurge = false;
      const one = item(secret);
      const id = await vault.create(one, within());
      await vault.delete(one.key.credentialId, id, within());
      expect([...opened.service.deleted.keys()]).toEqual([id]);
      expect(opened.lines.splice(0)).toEqual([expect.objectContaining({ item_id: id, level: 30 })]);
      expect(await vault.find(one.key, within())).toEqual([]);
      opened.service.mayPurge = true;
      await vault.delete(one.key.credentialId, id, within());
      expect(opened.service.deleted.size).toBe(0);
    });

    test.each([
      ['a-token', undefined, { credential_type: 'secret', secret_value: 'a-token', secret_label: null }],
      [
        'a-Passw0rd',
        { username: 'ada', url: 'https://a.example' },
        { credential_type: 'password', username: 'ada', password: 'a-Passw0rd', totp: null, extra_fields: {} },
      ],
      ['42', undefined, { credential_type: 'secret', secret_value: '42', secret_label: null }],
      [
        '{"username":"ada","password":"a-Passw0rd"}',
        undefined,
        { credential_type: 'password', username: 'ada', password: 'a-Passw0rd', totp: null, extra_fields: {} },
      ],
    ])('reads what people keep: %j %j', async (value, tags, expected) => {
      opened.service.secrets.set('shop', [{ value, ...(tags && { tags }) }]);
      const read = await vault.read('cred_1', 'shop', within());
      expect(read).toEqual({ secret: expected, addresses: tags ? ['https://a.example'] : [] });
      opened.service.secrets.delete('shop');
    });

    test('asks for one token for many calls, and for another when that is refused', async () => {
      const fresh = opened.open();
      const asked = () => opened.service.authority.requests.filter(({ method }) => method === 'POST').length;
      const before = asked();
      for (let calls = 0; calls < 3; calls += 1) await fresh.check(within());
      expect(asked() - before).toBe(1);
      opened.service.revokeTokens();
      await expect(fresh.check(within())).rejects.toMatchObject({ code: 'vault_refused' });
      await fresh.check(within());
      expect(asked() - before).toBe(2);
    });

    test('a token that ends soon is not kept', async () => {
      opened.service.tokenSeconds = 60;
      const fresh = opened.open();
      const asked = () => opened.service.authority.requests.filter(({ method }) => method === 'POST').length;
      const before = asked();
      await fresh.check(within());
      await fresh.check(within());
      expect(asked() - before).toBe(2);
      opened.service.tokenSeconds = 3600;
    });

    test.each([
      [{ client_secret: 'another' }, 'AADSTS7000215'],
      [{ tenant_id: 'contoso.example' }, 'AADSTS90002'],
    ])('%j is refused in the words of the authority', async (over, words) => {
      for (const work of [opened.open(over).check(within()), opened.open(over).find(newKey(), within())]) {
        await expect(work).rejects.toMatchObject({ code: 'vault_refused', message: expect.stringContaining(words) });
      }
    });

    test('an authority that is not there is no missing item', async () => {
      opened.service.authority.always = { kind: 'answer', answer: { status: 404, body: { error: 'no such page' } } };
      await expect(opened.open().find(newKey(), within())).rejects.toMatchObject({ code: 'vault_refused' });
      opened.service.authority.always = null;
    });

    test('the vault of the operator is used where none is named; without one the sentence says what to name', async () => {
      const nameless = { vault_url: undefined };
      await opened.open(nameless, opened.service.vault.url).check(within());
      await expect(opened.open(nameless).check(within())).rejects.toMatchObject({
        code: 'vault_not_configured',
        message: expect.stringMatching(/vault_url.*KEYTURN_AZURE_VAULT_URL/),
      });
    });

    test('a private address is not called', async () => {
      const client = new GuardedClient([]);
      const { config } = azureProvider.parse({
        credential: { tenant_id: 't', client_id: 'c', client_secret: 's', vault_url: opened.service.vault.url },
      });
      const asked = opened.service.vault.requests.length;
      const guarded = azureProvider.open(config, vaultEnvironment(client));
      await expect(guarded.check(within())).rejects.toMatchObject({
        code: 'vault_failed',
        message: expect.stringContaining('KEYTURN_ALLOW_NETWORKS'),
      });
      expect(opened.service.vault.requests).toHaveLength(asked);
      await client.close();
    });

    test.each(['a/b', '../secrets', 'a_b', '', 'a'.repeat(128)])('%j names no secret', async (id) => {
      const asked = opened.service.vault.requests.length;
      await expect(vault.read('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
      expect(opened.service.vault.requests).toHaveLength(asked);
    });
  });
});

describe('the configuration of Azure Key Vault', () => {
  const credential = { tenant_id: 'contoso.example', client_id: '6666-7777', client_secret: 'a~secret' };

  test('is taken, and the metadata opens nothing', () => {
    const vault_url = 'https://shop.vault.azure.net/';
    expect(fits(azureProvider, { credential: { ...credential, vault_url } })).toBe(true);
    const { config, metadata, secrets } = azureProvider.parse({ credential: { ...credential, vault_url } });
    const { client_secret, ...open } = credential;
    expect(metadata).toEqual({ ...open, vault_url: 'https://shop.vault.azure.net', authority_host: null });
    expect(config).toEqual({ ...metadata, client_secret });
    expect(secrets).toEqual([client_secret]);
  });

  test.each([
    {},
    { credential: {} },
    { credential: { ...credential, client_secret: '' } },
    { credential: { ...credential, tenant_id: 'a/b' } },
    { credential: { ...credential, extra: 1 } },
    { credential, more: 1 },
  ])('%j does not fit', (wrong) => expect(fits(azureProvider, wrong)).toBe(false));

  test.each(['vault_url', 'authority_host'])('%s is https only', (member) => {
    const body = { credential: { ...credential, [member]: 'http://shop.example' } };
    expect(refusal(() => azureProvider.parse(body))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: `/credential/${member}` }],
    });
  });

  test('the vault of the operator is https only', () => {
    const url = 'https://shop.vault.azure.net';
    expect(loadConfig({ KEYTURN_AZURE_VAULT_URL: `${url}/` }).azureVaultUrl).toBe(url);
    expect(refusal(() => loadConfig({ KEYTURN_AZURE_VAULT_URL: 'http://shop.example' }))).toMatchObject({
      code: 'bad_configuration',
    });
  });
});
