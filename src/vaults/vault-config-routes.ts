import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { Nullable, Time } from '../schema.ts';
import type { Sealer } from './data-keys.ts';
import type { SecretStore } from './secret-store.ts';
import { VAULT_TYPES } from './vault.ts';
import { createVaultConfig, currentVaultConfig, vaultConfigView } from './vault-config-store.ts';
import type { VaultProvider } from './vault-provider.ts';
import { pendingWrites } from './vault-writes.ts';

const TokenSchema = Type.Object({
  token: Type.Object(
    {
      id: Type.String(),
      organization_id: Type.String(),
      token_type: Type.String(),
      valid: Type.Boolean(),
      last_four: Type.String({ description: 'The end of the secret; empty where it is short' }),
      created_at: Time,
      modified_at: Time,
    },
    { additionalProperties: true, description: 'Besides: the addresses and names of the configuration' },
  ),
});

const CheckSchema = Type.Object({
  ok: Type.Boolean(),
  code: Nullable(Type.String({ description: 'The error code where it is not' })),
  detail: Nullable(Type.String()),
});

const VaultSchema = Type.Object({
  vault_type: Type.Enum(VAULT_TYPES),
  configured: Type.Boolean(),
  default: Type.Boolean({ description: 'Where new credentials go that name none' }),
  pending: Type.Object(
    { count: Type.Integer(), oldest: Nullable(Time), last_error: Nullable(Type.String()) },
    { description: 'What the vault still has to be told, such as deletions that failed; tried again by itself' },
  ),
});

export interface VaultConfigServices {
  secrets: SecretStore;
  dataKeys: Sealer;
}

const TAGS = ['vaults'];

/** The vaults, and what opens those outside: it goes in and is never read back. */
export const vaultConfigRoutes =
  (services: VaultConfigServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { vaults } = services.secrets;
    app.get(
      '/vaults',
      {
        config: { scope: 'credentials:read' },
        schema: { summary: 'The vaults and their state', tags: TAGS, response: { 200: Type.Array(VaultSchema) } },
      },
      async ({ organization: db }) => {
        const standard = await vaults.defaultType(db);
        return Promise.all(
          VAULT_TYPES.map(async (type) => ({
            vault_type: type,
            configured: type === 'local' || (await currentVaultConfig(db, type)) !== null,
            default: type === standard,
            pending: await pendingWrites(db, type),
          })),
        );
      },
    );
    for (const provider of vaults.providers) await app.register(providerRoutes(services, provider));
  };

const providerRoutes =
  ({ secrets, dataKeys }: VaultConfigServices, provider: VaultProvider): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { title, type } = provider;
    const path = `/credentials/${provider.route}`;

    app.get(
      `${path}/get`,
      {
        config: { scope: 'vaults:write' },
        schema: { summary: `The configuration of ${title} in force`, tags: TAGS, response: { 200: TokenSchema } },
      },
      async ({ organization: db }) => {
        const row = await currentVaultConfig(db, type);
        if (!row) throw new KeyturnError('not_found', { detail: `${title} is not configured.` });
        return { token: vaultConfigView(provider, row) };
      },
    );

    app.post(
      `${path}/create`,
      {
        config: { scope: 'vaults:write', audit: 'vault_config.created' },
        schema: {
          summary: `Configure ${title}; the configuration before it ends`,
          tags: TAGS,
          body: provider.schema,
          response: { 200: TokenSchema },
        },
      },
      async ({ organization: db, actor, body }) => {
        const row = await createVaultConfig(dataKeys, db, type, provider.parse(body), actor);
        return { token: vaultConfigView(provider, row) };
      },
    );

    app.post(
      `${path}/check`,
      {
        config: { scope: 'vaults:write', audit: 'vault_config.checked' },
        schema: {
          summary: `Whether ${title} lets us in`,
          tags: TAGS,
          response: { 200: CheckSchema },
        },
      },
      async ({ organization: db, actor }) => {
        const row = await currentVaultConfig(db, type);
        if (!row) throw new KeyturnError('not_found', { detail: `${title} is not configured.` });
        const failure = await secrets.check(db, type);
        const result = failure ? ('failed' as const) : ('ok' as const);
        const code = failure?.code ?? null;
        await AuditLog.write(db, { actor, action: 'vault_config.checked', subject: row.id, result, error_code: code });
        return { ok: failure === null, code, detail: failure?.message ?? null };
      },
    );
  };
