import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { SCOPES } from '../http/scopes.ts';
import { Nullable, Time } from '../schema.ts';
import type { Bus } from '../storage/db.ts';
import { apiKeyView } from './api-key.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './api-key-store.ts';

const ApiKeySchema = Type.Object({
  api_key_id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.Enum(SCOPES)),
  last_four: Type.String(),
  created_at: Time,
  last_used_at: Nullable(Time),
  revoked_at: Nullable(Time),
});

const CreateBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
    scopes: Type.Array(Type.Enum(SCOPES), { minItems: 1, maxItems: SCOPES.length, uniqueItems: true }),
  },
  { additionalProperties: false },
);

/** Keys of the organization. The key itself is shown once. */
export const apiKeyRoutes =
  (services: { bus: Bus }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/api_keys',
      {
        config: { scope: 'admin' },
        schema: {
          summary: 'List API keys, newest first, revoked ones too',
          tags: ['api keys'],
          response: { 200: Type.Array(ApiKeySchema) },
        },
      },
      async (request) => (await listApiKeys(request.organization)).map(apiKeyView),
    );

    app.post(
      '/api_keys',
      {
        config: { scope: 'admin', audit: 'api_key.created' },
        schema: {
          summary: 'Make an API key; the answer is the only place it is ever shown',
          tags: ['api keys'],
          body: CreateBody,
          response: { 201: Type.Object({ ...ApiKeySchema.properties, api_key: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { organization, body, actor } = request;
        const { row, key } = await organization.transaction((tx) => createApiKey(tx, tx.organizationId, body, actor));
        return reply.code(201).send({ ...apiKeyView(row), api_key: key });
      },
    );

    app.delete(
      '/api_keys/:id',
      {
        config: { scope: 'admin', audit: 'api_key.revoked' },
        schema: {
          summary: 'Revoke an API key at once',
          tags: ['api keys'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 204: Type.Null({ description: 'Revoked' }) },
        },
      },
      async (request, reply) => {
        await revokeApiKey(request.organization, services.bus, request.params.id, request.actor);
        return reply.code(204).send(null);
      },
    );
  };
