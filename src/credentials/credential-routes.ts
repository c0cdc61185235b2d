import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { invalidAt } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { VaultType } from '../vaults/vault.ts';
import { CREDENTIAL_TYPES, type CredentialType, credentialView, type ParsedSecret } from './credential.ts';
import {
  CreateSchema,
  CredentialParams,
  CredentialSchema,
  ListQuery,
  PatchSchema,
  UpdateSchema,
} from './credential-schemas.ts';
import { createCredential, type LinkedItem, linkCredential, updateCredential } from './credential-secret.ts';
import {
  type CredentialServices,
  deleteCredential,
  findCredential,
  listCredentials,
  patchCredential,
} from './credential-store.ts';
import { type LinkReader, parseLinkedItem } from './link-item.ts';
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
  if (typeof body === 'object' && body !== null && 'credential' in body && !('item_id' in body)) {
    const type = 'credential_type' in body ? typeNamed(body.credential_type) : fallbackType;
    if (type) parseSecret(type, body.credential);
  }
  throw error;
}

/** The secret of a body, or the item of others' that it names. */
async function givenSecret(
  services: CredentialServices,
  db: OrganizationDb,
  type: CredentialType,
  body: { credential?: unknown; item_id?: string; vault_type?: VaultType },
  reader: LinkReader,
): Promise<{ parsed: ParsedSecret; link?: LinkedItem }> {
  if (body.item_id === undefined) return { parsed: parseSecret(type, body.credential) };
  const vaultType = body.vault_type ?? (await services.secrets.vaults.defaultType(db));
  const link = { vaultType, itemId: body.item_id };
  return { parsed: await parseLinkedItem(services, db, type, link, body.credential, reader), link };
}

/** Stored credentials. Secrets go in and are never read back. */
export const credentialRoutes =
  (services: CredentialServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/credentials',
      {
        config: { scope: 'credentials:write', audit: 'credential.created' },
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
        const { body, organization: db, actor } = request;
        const id = newId('credential');
        const type = credentialTypeOf(body.credential_type);
        const { parsed, link } = await givenSecret(services, db, type, body, { actor, credentialId: id });
        const common = { id, name: body.name, parsed, profileId: body.browser_profile_id ?? null, actor };
        const row = link
          ? await linkCredential(services, db, { ...common, link })
          : await createCredential(services, db, { ...common, vaultType: body.vault_type });
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
        config: { scope: 'credentials:write', audit: 'credential.patched' },
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
          throw invalidAt('/tested_url', 'must be an http or https address');
        }
        const change = {
          ...(name !== undefined && { name }),
          ...(tested_url !== undefined && { tested_url }),
          ...(origins && { allowed_origins: parseOrigins(origins, '/allowed_origins') }),
        };
        return credentialView(await patchCredential(request.organization, request.params.id, change, request.actor));
      },
    );

    const updateOptions = {
      config: { scope: 'credentials:write', audit: 'credential.updated' },
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
      const { organization: db, actor } = request;
      const current = await findCredential(db, id);
      const type = credentialTypeOf(current.credential_type);
      refuseInvalid(request, type);
      const body = request.body as Static<typeof UpdateSchema>;
      if (body.credential_type !== undefined && credentialTypeOf(body.credential_type) !== type) {
        throw invalidAt('/credential_type', `must stay ${type}`);
      }
      // An item of the vault the credential lies in, which an update does not leave.
      const vaultType = body.vault_type ?? (current.vault_type as VaultType);
      const given = await givenSecret(
        services,
        db,
        type,
        { ...body, vault_type: vaultType },
        { actor, credentialId: id },
      );
      const change = { ...given, name: body.name, vaultType, actor };
      return credentialView(await updateCredential(services, db, id, change));
    };
    app.post('/credentials/:id/update', updateOptions, (request) => update(request, request.params.id));
    // "Also PUT" is read both ways by clients.
    for (const route of ['/credentials/:id', '/credentials/:id/update']) {
      app.put(route, updateOptions, (request) => update(request, request.params.id));
    }

    const deleteOptions = {
      config: { scope: 'credentials:write', audit: 'credential.deleted' },
      schema: {
        summary: 'Delete a credential with its secret and its profile',
        tags: TAGS,
        params: CredentialParams,
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    } as const;
    const remove = async (request: FastifyRequest, reply: FastifyReply, id: string) => {
      await deleteCredential(services, request.organization, id, request.actor);
      return reply.code(204).send(null);
    };
    app.post('/credentials/:id/delete', deleteOptions, (request, reply) => remove(request, reply, request.params.id));
    for (const route of ['/credentials/:id', '/credentials/:id/delete']) {
      app.delete(route, deleteOptions, (request, reply) => remove(request, reply, request.params.id));
    }
  };
