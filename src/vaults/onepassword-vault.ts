import Type, { type Static } from 'typebox';
import { KeyturnError } from '../errors.ts';
import { parseApiBaseUrl } from './api-base-url.ts';
import { type ConnectConfig, ConnectVault } from './onepassword-connect.ts';
import { ONEPASSWORD_TITLE } from './onepassword-item.ts';
import { ServiceAccountVault } from './onepassword-sdk.ts';
import type { ParsedConfig, VaultProvider } from './vault-provider.ts';

const BodySchema = Type.Object(
  {
    token: Type.String({
      maxLength: 5000,
      pattern: '^[!-~]+$',
      description: "A service account's token, or Connect's",
    }),
    api_base_url: Type.Optional(Type.String({ maxLength: 2048, description: 'A Connect server, without /v1' })),
    vault_id: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Where items lie that name no vault; by id or name' }),
    ),
  },
  { additionalProperties: false },
);

/** `api_base_url` null: the service account's SDK. */
type OnepasswordConfig = Omit<ConnectConfig, 'api_base_url'> & { api_base_url: string | null };

/** Hosts of 1Password, as the whole of an address. */
const SIGN_IN_ADDRESS = /^(?:https:\/\/)?(?:[a-z0-9-]+\.)+1password\.(?:com|ca|eu)\/?$/i;

/**
 * A service account's token names the server that the SDK calls, past the guarded client and be it http on this very
 * machine: only 1Password's own are taken. Throws `invalid_request`.
 */
function checkServiceAccount(token: string): void {
  const address = signInAddress(token);
  if (address === null) {
    const message = 'is required with a token of Connect; that of a service account begins with ops_';
    throw new KeyturnError('invalid_request', { errors: [{ path: '/api_base_url', message }] });
  }
  if (SIGN_IN_ADDRESS.test(address)) return;
  const message = 'must be a token of a service account at 1password.com, 1password.ca or 1password.eu';
  throw new KeyturnError('invalid_request', { errors: [{ path: '/token', message }] });
}

/** The server in a service account's token; empty where it cannot be told for certain; null: it is no such token. */
function signInAddress(token: string): string | null {
  if (!token.startsWith('ops_')) return null;
  const encoded = token.slice('ops_'.length).replace(/=+$/, '');
  const decoded = Buffer.from(encoded, 'base64url');
  // Node skips what is not base64, where another decoder might read on.
  if (decoded.toString('base64url') !== encoded) return '';
  try {
    const { signInAddress } = JSON.parse(decoded.toString('utf8')) as { signInAddress?: unknown };
    return typeof signInAddress === 'string' ? signInAddress : '';
  } catch {
    return '';
  }
}

/** 1Password: with a Connect server read and written, with a service account read. */
export const onepasswordProvider: VaultProvider<OnepasswordConfig> = {
  type: 'onepassword',
  route: 'onepassword',
  tokenType: 'onepassword_service_account',
  title: ONEPASSWORD_TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<OnepasswordConfig> {
    const { token, api_base_url, vault_id = null } = body as Static<typeof BodySchema>;
    if (api_base_url === undefined) checkServiceAccount(token);
    const address = api_base_url === undefined ? null : parseApiBaseUrl(api_base_url, '/api_base_url');
    const metadata = { api_base_url: address, vault_id };
    return { config: { ...metadata, token }, metadata, secrets: [token] };
  },
  place: ({ api_base_url, vault_id }) => (api_base_url === null ? null : JSON.stringify([api_base_url, vault_id])),
  open(config, { client }) {
    const { api_base_url } = config;
    return api_base_url === null
      ? new ServiceAccountVault(config)
      : new ConnectVault({ ...config, api_base_url }, client);
  },
};
