import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { bitwardenProvider } from '../../src/vaults/bitwarden-vault.ts';
import { JsonService, type ServiceAnswer } from '../support/json-service.ts';
import { fits, refusal } from './provider-body.ts';
import { vaultEnvironment } from './vault-environment.ts';

describe('a configuration of Bitwarden', () => {
  const organization_id = '6d2f2b2e-0f6f-4b4a-9a63-0d0c7a4f5a11';
  const collection_id = '1b671a64-40d5-491e-99b0-da01ff1f3341';
  const base = { api_base_url: 'http://127.0.0.1:8087/' };

  test('is metadata and secrets', () => {
    const given = {
      ...base,
      master_password: 'correct horse',
      api_token: 'abcdefgh1234',
      organization_id,
      collection_id,
    };
    expect(fits(bitwardenProvider, { config: given })).toBe(true);
    const parsed = bitwardenProvider.parse({ config: given });
    const metadata = { api_base_url: 'http://127.0.0.1:8087', organization_id, collection_id, folder_id: null };
    expect(parsed.metadata).toEqual(metadata);
    expect(parsed.secrets).toEqual(['abcdefgh1234', 'correct horse']);
    expect(parsed.config).toEqual({ ...metadata, master_password: 'correct horse', api_token: 'abcdefgh1234' });
    expect(bitwardenProvider.parse({ config: base }).secrets).toEqual([]);
    // The first one's end is shown, and of the master password nothing.
    const locked = { ...base, master_password: 'correct horse' };
    expect(bitwardenProvider.parse({ config: locked }).secrets).toEqual(['', 'correct horse']);
  });

  test.each([
    {},
    { config: {} },
    { config: base, token: 'x' },
    { config: { ...base, password: 'x' } },
    { config: { ...base, master_password: '' } },
    { config: { ...base, api_token: 'two words' } },
    { config: { ...base, api_token: 'line\r\nx: y' } },
    { config: { ...base, folder_id: '../x' } },
  ])('%j is refused by its schema', (body) => {
    expect(fits(bitwardenProvider, body)).toBe(false);
  });

  test.each([{ organization_id }, { collection_id }])('%j alone is refused', (place) => {
    const refused = refusal(() => bitwardenProvider.parse({ config: { ...base, ...place } }));
    expect(refused).toMatchObject({
      code: 'invalid_request',
      errors: [{ message: expect.stringMatching(/together/) }],
    });
  });

  test('an address of another kind is refused', () => {
    const refused = refusal(() => bitwardenProvider.parse({ config: { api_base_url: 'http://93.184.216.34' } }));
    expect(refused).toMatchObject({ code: 'invalid_request', errors: [{ path: '/config/api_base_url' }] });
  });
});

test('who waits for the unlocking of another call is given up in time too', async () => {
  const unlocking = Promise.withResolvers<void>();
  const { promise: never } = Promise.withResolvers<ServiceAnswer>();
  const service = await JsonService.start(({ url }) => {
    if (url.pathname !== '/unlock') return { status: 400, body: { success: false, message: 'Vault is locked.' } };
    unlocking.resolve();
    return never;
  });
  onTestFinished(() => service.close());
  const client = new GuardedClient(['127.0.0.0/8']);
  onTestFinished(() => client.close());
  const { config } = bitwardenProvider.parse({ config: { api_base_url: service.url, master_password: 'm' } });
  const vault = bitwardenProvider.open(config, vaultEnvironment(client));
  const remove = (signal: AbortSignal) =>
    expect(vault.delete('cred_1', randomUUID(), signal)).rejects.toMatchObject({ code: 'vault_failed' });
  const first = new AbortController();
  const opening = remove(first.signal);
  await unlocking.promise;
  await remove(AbortSignal.timeout(200));
  first.abort();
  await opening;
});
