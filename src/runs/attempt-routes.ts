import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { findCredential } from '../credentials/credential-store.ts';
import { Nullable, Time } from '../schema.ts';
import type { Attempt } from '../storage/rows.ts';
import { listAttempts } from './attempt-ledger.ts';
import { OutcomeSchema } from './run-schemas.ts';
import type { RunServices } from './run-services.ts';

const VERDICTS = ['unknown', 'accepted', 'refused'] as const;

const AttemptSchema = Type.Object({
  attempt_id: Type.String(),
  workflow_run_id: Type.String(),
  credential_id: Type.String(),
  origin: Type.String({ description: 'Where the password was typed' }),
  submitted: Type.Boolean({ description: 'False: the site named a waiting time before anything was submitted' }),
  submitted_at: Time,
  judged_at: Nullable(Time),
  outcome: Nullable(OutcomeSchema),
  verdict: Type.Enum(VERDICTS, { description: 'What the site made of the password' }),
  site_message: Nullable(Type.String()),
  cooldown_until: Nullable(Time),
});

function attemptView(row: Attempt): Type.Static<typeof AttemptSchema> {
  return {
    attempt_id: row.id,
    workflow_run_id: row.run_id,
    credential_id: row.credential_id,
    origin: row.origin,
    submitted: row.secret_key !== null,
    submitted_at: row.submitted_at.toISOString(),
    judged_at: row.judged_at?.toISOString() ?? null,
    outcome: row.outcome as Type.Static<typeof OutcomeSchema> | null,
    verdict: row.verdict as (typeof VERDICTS)[number],
    site_message: row.site_message,
    cooldown_until: row.cooldown_until?.toISOString() ?? null,
  };
}

/** The ledger of an account: every password submission of every run, and the waiting times the site named. */
export const attemptRoutes =
  (services: RunServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/credentials/:id/attempts',
      {
        config: { scope: 'runs:read' },
        schema: {
          summary: "Password submissions on the credential's account, newest first; x-total-count says how many",
          tags: ['credentials'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          querystring: Type.Object(
            {
              page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
              page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 10 })),
            },
            { additionalProperties: false },
          ),
          response: { 200: Type.Array(AttemptSchema) },
        },
      },
      async (request, reply) => {
        const { page = 1, page_size: size = 10 } = request.query;
        const { username } = await findCredential(request.organization, request.params.id);
        const { rows, total } = await listAttempts(services.dataKeys, request.organization, username, {
          skip: (page - 1) * size,
          take: size,
        });
        return reply.header('x-total-count', total).send(rows.map(attemptView));
      },
    );
  };
