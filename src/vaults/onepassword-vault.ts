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

/** 1Password: with a Connect server read and written, with a service account read. */
export const onepasswordProvider: VaultProvider<OnepasswordConfig> = {
  type: 'onepassword',
  route: 'onepassword',
  tokenType: 'onepassword_service_account',
  title: ONEPASSWORD_TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<OnepasswordConfig> {
    const { token, api_base_url, vault_id = null } = body as Static<typeof BodySchema>;
    if (api_base_url === undefined && !token.startsWith('ops_')) {
      const message = 'is required with a token of Connect; that of a service account begins with ops_';
      throw new KeyturnError('invalid_request', { errors: [{ path: '/api_base_url', message }] });
    }
    const address = api_base_url === undefined ? null : parseApiBaseUrl(api_base_url, '/api_base_url');
    const metadata = { api_base_url: address, vault_id };
    return { config: { ...metadata, token }, metadata, secrets: [token] };
  },
  open(config, { client }) {
    const { api_base_url } = config;
    return api_base_url === null
      ? new ServiceAccountVault(config)
      : new ConnectVault({ ...config, api_base_url }, client);
  },
};
