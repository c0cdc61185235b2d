import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { files, JsonObject, Nullable, Time } from '../schema.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { readEvents, verifyChain } from './audit-chain.ts';
import { AUDIT_ACTIONS, AUDIT_RESULTS, auditEventView } from './audit-event.ts';
import { AuditLog } from './audit-log.ts';

const TAGS = ['audit'];
const MAX_SEQUENCE = 2_147_483_647;

const AuditEventSchema = Type.Object({
  audit_event_id: Type.String(),
  organization_id: Type.String(),
  sequence: Type.Integer(),
  at: Time,
  actor: Type.String({ description: 'The id of an API key, service, or command_line' }),
  action: Type.Enum([...AUDIT_ACTIONS]),
  subject: Nullable(Type.String({ description: 'The id of what it was done to' })),
  related: Nullable(Type.String({ description: 'The id of what else it concerns' })),
  result: Type.Enum([...AUDIT_RESULTS]),
  error_code: Nullable(Type.String()),
  details: JsonObject,
  previous_hash: Type.String(),
  hash: Type.String(),
});

const sequence = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_SEQUENCE, description });

const ListQuery = Type.Object(
  {
    order: Type.Optional(Type.Enum(['oldest', 'newest'], { default: 'oldest', description: 'Which come first' })),
    after: Type.Optional(sequence('Only those that follow this sequence number in that order')),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    action: Type.Optional(Type.Enum([...AUDIT_ACTIONS])),
    subject: Type.Optional(Type.String({ maxLength: 100, description: 'An id: what it was done to, or concerns' })),
  },
  { additionalProperties: false },
);

const ExportQuery = Type.Object(
  { after: Type.Optional(sequence('Only those after this sequence number')) },
  { additionalProperties: false },
);

/** One event a line. */
async function* lines(db: OrganizationModels, range: { after: number; upTo: number }): AsyncGenerator<string> {
  for await (const rows of readEvents(db, range)) {
    yield rows.map((row) => `${JSON.stringify(auditEventView(row))}\n`).join('');
  }
}

/** The audit log of the caller's organization. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/audit',
    {
      config: { scope: 'audit:read' },
      schema: {
        summary: 'List audit events, oldest first unless asked otherwise',
        tags: TAGS,
        querystring: ListQuery,
        response: { 200: Type.Array(AuditEventSchema) },
      },
    },
    async (request) => {
      const { order = 'oldest', after, limit = 50, action, subject } = request.query;
      const rows = await request.organization.auditEvent.findMany({
        where: {
          ...(after !== undefined && { sequence: order === 'oldest' ? { gt: after } : { lt: after } }),
          ...(action !== undefined && { action }),
          ...(subject !== undefined && { OR: [{ subject }, { related: subject }] }),
        },
        orderBy: { sequence: order === 'oldest' ? 'asc' : 'desc' },
        take: limit,
      });
      return rows.map(auditEventView);
    },
  );

  app.get(
    '/audit/export',
    {
      config: { scope: 'audit:read', audit: 'audit.exported' },
      schema: {
        summary: 'All audit events, one JSON object a line (application/x-ndjson); the last one records this export',
        tags: TAGS,
        querystring: ExportQuery,
        response: { 200: files('The events', 'application/x-ndjson') },
      },
    },
    async (request, reply) => {
      const { after = 0 } = request.query;
      // It is also how a reader knows that nothing is missing at the end.
      const { sequence: upTo } = await AuditLog.write(request.organization, {
        actor: request.actor,
        action: 'audit.exported',
        subject: null,
        details: { after },
      });
      // Read as the caller takes it; one who hangs up ends the reading.
      const events = lines(request.organization, { after, upTo });
      return reply.type('application/x-ndjson').send(Readable.from(events));
    },
  );

  app.get(
    '/audit/verify',
    {
      config: { scope: 'audit:read' },
      schema: {
        summary: 'Compute the hashes of the whole audit log again',
        tags: TAGS,
        response: {
          200: Type.Object({
            valid: Type.Boolean(),
            events: Type.Integer(),
            first_broken_sequence: Type.Optional(Type.Integer()),
            head_hash: Type.String({ description: 'Kept elsewhere, it also shows a log that was written anew' }),
          }),
        },
      },
    },
    async (request) => verifyChain(request.organization),
  );
};
