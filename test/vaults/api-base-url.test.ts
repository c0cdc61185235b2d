import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { KeyturnError } from '../../src/errors.ts';
import { parseApiBaseUrl } from '../../src/vaults/api-base-url.ts';
import { callVault } from '../../src/vaults/vault-call.ts';
import { JsonService } from '../support/json-service.ts';

describe('the address of a vault', () => {
  test.each([
    ['https://vault.example', 'https://vault.example'],
    [' https://vault.example/api/v2// ', 'https://vault.example/api/v2'],
    ['http://127.0.0.1:8087/', 'http://127.0.0.1:8087'],
    ['http://10.1.2.3', 'http://10.1.2.3'],
    ['http://[fd00::1]:8087', 'http://[fd00::1]:8087'],
    ['http://bw-serve:8087', 'http://bw-serve:8087'],
  ])('%s is taken', (text, expected) => {
    expect(parseApiBaseUrl(text, '/config/api_base_url')).toBe(expected);
  });

  test.each([
    ['ftp://vault.example', /https address/],
    ['vault.example', /https address/],
    [`https://vault.example/${'x'.repeat(2048)}`, /https address/],
    ['https://user:pass-word@vault.example', /user name/],
    ['https://vault.example/?token=pass-word', /query/],
    ['https://vault.example/#pass-word', /query/],
    ['http://93.184.216.34', /must be https/],
    ['http://0x5db8d822/', /must be https/],
    ['http://[2606:2800:220:1::1]/', /must be https/],
  ])('%s is refused', (text, message) => {
    const error = thrownBy(() => parseApiBaseUrl(text, '/config/api_base_url'));
    expect(error).toMatchObject({ code: 'invalid_request', errors: [{ path: '/config/api_base_url' }] });
    expect(error.errors?.[0]?.message).toMatch(message);
    expect(JSON.stringify([error.message, error.errors])).not.toContain('pass-word');
  });
});

describe('a secret over http', () => {
  let service: JsonService;
  let client: GuardedClient;
  beforeAll(async () => {
    service = await JsonService.start(() => ({ status: 200, body: { well: true } }));
    client = new GuardedClient(['127.0.0.0/8', '::1/128', '93.184.216.0/24']);
  });
  afterAll(async () => {
    await client.close();
    await service.close();
  });
  const call = (url: string) =>
    callVault(client, 'The vault', { method: 'GET', url, secrets: [], signal: AbortSignal.timeout(5000) });

  test.each(['127.0.0.1', 'localhost'])('goes to %s, which the operator allows', async (host) => {
    expect(await call(`http://${host}:${service.port}/`)).toEqual({ well: true });
  });

  test('does not go to a public address, also not to one the operator allows', async () => {
    const refused = call('http://93.184.216.34/');
    await expect(refused).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringMatching(/is public/) });
  });

  test('does not go to a private address that the operator does not allow', async () => {
    const refused = call('http://10.0.0.1/');
    await expect(refused).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringMatching(/is private/) });
  });
});

function thrownBy(work: () => unknown): KeyturnError {
  try {
    work();
  } catch (error) {
    if (error instanceof KeyturnError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
