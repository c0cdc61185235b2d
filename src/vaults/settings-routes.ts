import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import type { SecretStore } from './secret-store.ts';
import { VAULT_TYPES } from './vault.ts';
import { currentVaultConfig } from './vault-config-store.ts';

const SettingsSchema = Type.Object(
  { default_vault_type: Type.Enum(VAULT_TYPES, { description: 'The vault of credentials that name none' }) },
  { additionalProperties: false },
);

const TAGS = ['settings'];

/** What an organization decides for itself. */
export const settingsRoutes =
  ({ secrets }: { secrets: SecretStore }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/settings',
      {
        config: { scope: 'credentials:read' },
        schema: { summary: 'The settings of the organization', tags: TAGS, response: { 200: SettingsSchema } },
      },
      async ({ organization: db }) => ({ default_vault_type: await secrets.vaults.defaultType(db) }),
    );

    app.put(
      '/settings',
      {
        config: { scope: 'vaults:write', audit: 'settings.changed' },
        schema: {
          summary: 'Change the settings of the organization',
          tags: TAGS,
          body: SettingsSchema,
          response: { 200: SettingsSchema },
        },
      },
      async ({ organization: db, actor, body }) => {
        const { default_vault_type: type } = body;
        if (type !== 'local' && !(await currentVaultConfig(db, type))) {
          throw new KeyturnError('vault_not_configured', { detail: `The vault "${type}" is not configured.` });
        }
        await db.transaction(async (tx) => {
          await tx.organization.updateMany({ data: { default_vault_type: type } });
          const details = { default_vault_type: type };
          await AuditLog.write(tx, { actor, action: 'settings.changed', subject: null, details });
        });
        return { default_vault_type: type };
      },
    );
  };
