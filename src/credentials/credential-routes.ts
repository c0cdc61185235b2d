import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { KeyturnError } from '../errors.ts';
import { CREDENTIAL_TYPES, type CredentialType, credentialView } from './credential.ts';
import {
  CreateSchema,
  CredentialParams,
  CredentialSchema,
  ListQuery,
  PatchSchema,
  UpdateSchema,
} from './credential-schemas.ts';
import {
  type CredentialServices,
  createCredential,
  findCredential,
  listCredentials,
  patchCredential,
  removeCredential,
  updateCredential,
} from './credential-store.ts';
import { credentialTypeOf, parseOrigins, parseSecret } from './parse-secret.ts';

const TAGS = ['credentials'];

function typeNamed(text: unknown): CredentialType | undefined {
  return CREDENTIAL_TYPES.find((type) => typeof text === 'string' && type === credentialTypeOf(text));
}

/**
 * Throws the error of a body that failed its schema. The schema offers a choice of secrets, and its errors name what
 * every one of them misses; the type says which one was meant, so that one is asked first.
 */
function refuseInvalid(request: FastifyRequest, fallbackType?: CredentialType): void {
  const error = request.validationError;
  if (!error) return;
  const { body } = request;
  if (typeof body === 'object' && body !== null && 'credential' in body) {
    const type = 'credential_type' in body ? typeNamed(body.credential_type) : fallbackType;
    if (type) parseSecret(type, body.credential);
  }
  throw error;
}

/** Stored credentials. Secrets go in and are never read back. */
export const credentialRoutes =
  (services: CredentialServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/credentials',
      {
        config: { scope: 'credentials:write' },
        attachValidation: true,
        schema: {
          summary: 'Store a credential',
          tags: TAGS,
          body: CreateSchema,
          response: { 201: CredentialSchema },
        },
      },
      async (request, reply) => {
        refuseInvalid(request);
        const { body } = request;
        const parsed = parseSecret(credentialTypeOf(body.credential_type), body.credential);
        const row = await request.organization.transaction((tx) =>
          createCredential(services, tx, {
            name: body.name,
            parsed,
            vaultType: body.vault_type,
            profileId: body.browser_profile_id ?? null,
          }),
        );
        return reply.code(201).send(credentialView(row));
      },
    );

    app.get(
      '/credentials',
      {
        config: { scope: 'credentials:read' },
        schema: {
          summary: 'List credentials, newest first; x-total-count says how many there are',
          tags: TAGS,
          querystring: ListQuery,
          response: { 200: Type.Array(CredentialSchema) },
        },
      },
      async (request, reply) => {
        const { page = 1, page_size: pageSize = 10, include_temporary: includeTemporary = false } = request.query;
        const { rows, total } = await listCredentials(request.organization, { page, pageSize, includeTemporary });
        return reply.header('x-total-count', total).send(rows.map(credentialView));
      },
    );

    app.get(
      '/credentials/:id',
      {
        config: { scope: 'credentials:read' },
        schema: {
          summary: 'One credential, without its secret',
          tags: TAGS,
          params: CredentialParams,
          response: { 200: CredentialSchema },
        },
      },
      async (request) => credentialView(await findCredential(request.organization, request.params.id)),
    );

    app.patch(
      '/credentials/:id',
      {
        config: { scope: 'credentials:write' },
        schema: {
          summary: 'Change name, tested URL or allowed origins; a name makes a temporary credential permanent',
          tags: TAGS,
          params: CredentialParams,
          body: PatchSchema,
          response: { 200: CredentialSchema },
        },
      },
      async (request) => {
        const { allowed_origins: origins, tested_url, name } = request.body;
        if (tested_url && !/^https?:$/.test(URL.parse(tested_url)?.protocol ?? '')) {
          throw new KeyturnError('invalid_request', {
            errors: [{ path: '/tested_url', message: 'must be an http or https address' }],
          });
        }
        const change = {
          ...(name !== undefined && { name }),
          ...(tested_url !== undefined && { tested_url }),
          ...(origins && { allowed_origins: parseOrigins(origins, '/allowed_origins') }),
        };
        return credentialView(await patchCredential(request.organization, request.params.id, change));
      },
    );

    const updateOptions = {
      config: { scope: 'credentials:write' },
      attachValidation: true,
      schema: {
        summary: 'Replace the whole secret; a new username deletes the linked profile',
        tags: TAGS,
        params: CredentialParams,
        body: UpdateSchema,
        response: { 200: CredentialSchema },
      },
    } as const;
    const update = async (request: FastifyRequest, id: string) => {
      const current = await findCredential(request.organization, id);
      const type = credentialTypeOf(current.credential_type);
      refuseInvalid(request, type);
      const body = request.body as Static<typeof UpdateSchema>;
      if (body.credential_type !== undefined && credentialTypeOf(body.credential_type) !== type) {
        throw new KeyturnError('invalid_request', {
          errors: [{ path: '/credential_type', message: `must stay ${type}` }],
        });
      }
      const parsed = parseSecret(type, body.credential);
      const row = await request.organization.transaction((tx) =>
        updateCredential(services, tx, id, { name: body.name, parsed, vaultType: body.vault_type }),
      );
      return credentialView(row);
    };
    app.post('/credentials/:id/update', updateOptions, (request) => update(request, request.params.id));
    // "Also PUT" is read both ways by clients.
    for (const route of ['/credentials/:id', '/credentials/:id/update']) {
      app.put(route, updateOptions, (request) => update(request, request.params.id));
    }

    const deleteOptions = {
      config: { scope: 'credentials:write' },
      schema: {
        summary: 'Delete a credential with its secret and its profile',
        tags: TAGS,
        params: CredentialParams,
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    } as const;
    const remove = async (request: FastifyRequest, reply: FastifyReply, id: string) => {
      const removed = await request.organization.transaction((tx) => removeCredential(services, tx, id));
      if (!removed) throw new KeyturnError('not_found', { detail: 'There is no credential with this id.' });
      return reply.code(204).send(null);
    };
    app.post('/credentials/:id/delete', deleteOptions, (request, reply) => remove(request, reply, request.params.id));
    for (const route of ['/credentials/:id', '/credentials/:id/delete']) {
      app.delete(route, deleteOptions, (request, reply) => remove(request, reply, request.params.id));
    }
  };
