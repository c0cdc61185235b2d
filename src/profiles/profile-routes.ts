import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { type ExportedSession, profileView } from './profile.ts';
import {
  ExportSchema,
  ImportSchema,
  ProfileListQuery,
  ProfileParams,
  ProfilePatchSchema,
  ProfileSchema,
} from './profile-schemas.ts';
import type { ProfileStore } from './profile-store.ts';

const TAGS = ['browser profiles'];
/** Bytes of a session: what a site keeps in local storage and databases comes with it. */
const IMPORT_LIMIT = 16 * 1024 * 1024;

function notFound(): KeyturnError {
  return new KeyturnError('not_found', { detail: 'There is no browser profile with this id.' });
}

/** Saved sessions. The session itself leaves only by export, which has a key scope of its own. */
export const profileRoutes =
  ({ profiles }: { profiles: ProfileStore }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/browser_profiles',
      {
        config: { scope: 'profiles:read' },
        schema: {
          summary: 'List browser profiles, newest first; x-total-count says how many there are',
          tags: TAGS,
          querystring: ProfileListQuery,
          response: { 200: Type.Array(ProfileSchema) },
        },
      },
      async (request, reply) => {
        const { page = 1, page_size: pageSize = 10 } = request.query;
        const { rows, total } = await profiles.list(request.organization, page, pageSize);
        return reply.header('x-total-count', total).send(rows.map(profileView));
      },
    );

    app.get(
      '/browser_profiles/:id',
      {
        config: { scope: 'profiles:read' },
        schema: {
          summary: 'One browser profile, without its session',
          tags: TAGS,
          params: ProfileParams,
          response: { 200: ProfileSchema },
        },
      },
      async (request) => profileView(await profiles.find(request.organization, request.params.id)),
    );

    app.patch(
      '/browser_profiles/:id',
      {
        config: { scope: 'credentials:write', audit: 'profile.patched' },
        schema: {
          summary: 'Change name or description',
          tags: TAGS,
          params: ProfileParams,
          body: ProfilePatchSchema,
          response: { 200: ProfileSchema },
        },
      },
      async ({ organization, actor, params: { id }, body }) =>
        organization.transaction(async (tx) => {
          const row = await profiles.describe(tx, id, body);
          const details = { changed: Object.keys(body) };
          await AuditLog.write(tx, { actor, action: 'profile.patched', subject: id, details });
          return profileView(row);
        }),
    );

    app.delete(
      '/browser_profiles/:id',
      {
        config: { scope: 'credentials:write', audit: 'profile.deleted' },
        schema: {
          summary: 'Delete a browser profile and unlink its credential',
          tags: TAGS,
          params: ProfileParams,
          response: { 204: Type.Null({ description: 'Deleted' }) },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        await request.organization.transaction(async (tx) => {
          if (!(await profiles.remove(tx, id))) throw notFound();
          await AuditLog.write(tx, { actor: request.actor, action: 'profile.deleted', subject: id });
        });
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/browser_profiles/:id/export',
      {
        config: { scope: 'profiles:export', audit: 'profile.exported' },
        schema: {
          summary: 'The session of a profile, for a browser of your own',
          tags: TAGS,
          params: ProfileParams,
          response: { 200: ExportSchema },
        },
      },
      async (request) => {
        const { organization, actor, params } = request;
        const { id, credential_id: related } = await profiles.find(organization, params.id);
        await AuditLog.recordRead(organization, { actor, action: 'profile.exported', subject: id, related });
        const session = await profiles.open(organization, id);
        if (!session) throw notFound();
        const { storage_state, session_storage, passkeys, context_options } = session;
        return { storage_state, session_storage, passkeys, context_options } satisfies ExportedSession;
      },
    );

    app.post(
      '/browser_profiles',
      {
        config: {
          scope: 'credentials:write',
          audit: 'profile.imported',
          anyText: ['storage_state', 'session_storage', 'passkeys', 'context_options'],
        },
        bodyLimit: IMPORT_LIMIT,
        schema: {
          summary: 'Import a session, for a credential or on its own',
          tags: TAGS,
          body: ImportSchema,
          response: { 201: ProfileSchema },
        },
      },
      async (request, reply) => {
        const { body, actor } = request;
        const profile = {
          name: body.name,
          description: body.description ?? null,
          credentialId: body.credential_id ?? null,
          session: {
            storage_state: body.storage_state,
            session_storage: body.session_storage ?? {},
            passkeys: body.passkeys ?? [],
            context_options: { ...body.context_options },
            landing_url: null,
          },
        };
        const row = await request.organization.transaction(async (tx) => {
          const imported = await profiles.import(tx, profile);
          const { id: subject, credential_id: related } = imported;
          await AuditLog.write(tx, { actor, action: 'profile.imported', subject, related });
          return imported;
        });
        return reply.code(201).send(profileView(row));
      },
    );
  };
