import { expect, test } from 'vitest';
import type { VaultType } from '../../src/vaults/vault.ts';
import { VAULT_PROVIDERS } from '../../src/vaults/vault-providers.ts';

const ORGANIZATION = { organization_id: crypto.randomUUID(), collection_id: crypto.randomUUID() };
/** The start of a .kdbx file. */
const KDBX = '03d9a29a67fb4bb5';

const bodies = {
  azure_vault: (over: object) => ({
    credential: { tenant_id: 't', client_id: 'c', client_secret: 's', vault_url: 'https://a.vault.azure.net', ...over },
  }),
  bitwarden: (over: object) => ({ config: { api_base_url: 'http://127.0.0.1:8087', master_password: 'm', ...over } }),
  custom: (over: object) => ({ config: { api_base_url: 'https://vault.example/items', api_token: 't', ...over } }),
  hashicorp: (over: object) => ({ config: { api_base_url: 'https://vault.example', token: 't', ...over } }),
  keepass: (over: object) => ({
    config: { file: Buffer.from(KDBX, 'hex').toString('base64'), password: 'p', ...over },
  }),
  onepassword: (over: object) => ({ token: 't', api_base_url: 'https://connect.example', ...over }),
} satisfies Partial<Record<VaultType, (over: object) => unknown>>;

type Configured = keyof typeof bodies;

function placeOf(type: Configured, over: object = {}): string | null {
  const provider = VAULT_PROVIDERS.find((one) => one.type === type);
  if (!provider) throw new Error(`There is no vault ${type}`);
  return provider.place(provider.parse(bodies[type](over)).metadata);
}

const serviceAccount = () => {
  const claims = { signInAddress: 'my.1password.com' };
  return `ops_${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
};

test.each<[Configured, string, object]>([
  ['azure_vault', 'secret', { client_secret: 'another' }],
  ['azure_vault', 'application', { client_id: 'another', tenant_id: 'another' }],
  ['bitwarden', 'password', { master_password: 'another' }],
  ['bitwarden', 'token', { api_token: 'another' }],
  ['bitwarden', 'collection for new items', ORGANIZATION],
  ['custom', 'token', { api_token: 'another' }],
  ['custom', 'spelling of the address', { api_base_url: 'https://VAULT.example/items/' }],
  ['hashicorp', 'token', { token: 'another' }],
  ['hashicorp', 'way to say the defaults', { mount: 'secret', path: 'keyturn' }],
  ['onepassword', 'token', { token: 'another' }],
])('%s: another %s leads to the same place', (type, _what, over) => {
  expect(placeOf(type, over)).toBe(placeOf(type));
  expect(placeOf(type)).not.toBeNull();
});

test.each<[Configured, string, object]>([
  ['azure_vault', 'vault', { vault_url: 'https://b.vault.azure.net' }],
  ['azure_vault', 'vault, the operator’s', { vault_url: undefined }],
  ['bitwarden', 'address', { api_base_url: 'http://127.0.0.1:8088' }],
  ['custom', 'address', { api_base_url: 'https://vault.example/others' }],
  ['hashicorp', 'address', { api_base_url: 'https://other.example' }],
  ['hashicorp', 'mount', { mount: 'kv' }],
  ['hashicorp', 'path', { path: 'other' }],
  ['hashicorp', 'namespace', { namespace: 'team' }],
  ['onepassword', 'server', { api_base_url: 'https://other.example' }],
  ['onepassword', 'vault', { vault_id: 'Other' }],
])('%s: another %s is another place', (type, _what, over) => {
  expect(placeOf(type, over)).not.toBe(placeOf(type));
  expect(placeOf(type, over)).not.toBeNull();
});

test.each<[string, Configured, object]>([
  ['a custom service that is only read', 'custom', { read_only: true }],
  ['a KeePass file', 'keepass', {}],
  ['a service account of 1Password', 'onepassword', { api_base_url: undefined, token: serviceAccount() }],
])('%s has no place for new items', (_name, type, over) => {
  expect(placeOf(type, over)).toBeNull();
});
