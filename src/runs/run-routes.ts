import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { OutcomeCode } from '../login/outcome.ts';
import { files } from '../schema.ts';
import { cancelRun } from './cancel-run.ts';
import { runView } from './run.ts';
import { RunCounts } from './run-counts.ts';
import { CancelSchema, RunDetailSchema, RunSchema, StatusSchema } from './run-schemas.ts';
import type { RunServices } from './run-services.ts';
import { getRun, listRuns } from './run-store.ts';

const Params = Type.Object({ id: Type.String({ maxLength: 100 }) });

const ListQuery = Type.Object(
  {
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 10 })),
    credential_id: Type.Optional(Type.String({ maxLength: 100 })),
    status: Type.Optional(StatusSchema),
  },
  { additionalProperties: false },
);

/** Runs by themselves: list, one, cancel, artifacts. */
export const runRoutes =
  (
    services: Pick<RunServices, 'storage' | 'secrets' | 'profiles' | 'dataKeys' | 'artifacts' | 'metrics' | 'log'>,
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    const counts = new RunCounts();
    app.get(
      '/runs',
      {
        config: { scope: 'runs:read' },
        schema: {
          summary: 'List runs, newest first; the total is in x-total-count',
          tags: ['runs'],
          querystring: ListQuery,
          response: { 200: Type.Array(RunSchema) },
        },
      },
      async (request, reply) => {
        const { page = 1, page_size: size = 10, credential_id: credentialId, status } = request.query;
        const { rows, total } = await listRuns(
          request.organization,
          counts,
          { credentialId, status },
          { skip: (page - 1) * size, take: size },
        );
        reply.header('x-total-count', total);
        return rows.map(runView);
      },
    );

    app.get(
      '/runs/:id',
      {
        config: { scope: 'runs:read' },
        schema: {
          summary: 'One run with its workflow, timings and artifacts',
          tags: ['runs'],
          params: Params,
          response: { 200: RunDetailSchema },
        },
      },
      async (request) => {
        const row = await getRun(request.organization, request.params.id);
        return {
          ...runView(row),
          workflow_permanent_id: row.workflow_id,
          url: row.url,
          expect: row.expect as OutcomeCode[],
          timings: row.timings as Record<string, number> | null,
          artifacts: await services.artifacts.list(request.organization, row.id),
        };
      },
    );

    app.post(
      '/runs/:id/cancel',
      {
        config: { scope: 'runs:write', audit: 'run.canceled' },
        schema: { summary: 'Cancel a run', tags: ['runs'], params: Params, response: { 200: CancelSchema } },
      },
      async ({ organization, params: { id }, actor }) => ({
        status: await cancelRun(services, organization, { id, actor }),
      }),
    );

    app.get(
      '/runs/:id/artifacts/:name',
      {
        config: { scope: 'runs:read' },
        schema: {
          summary: 'A file the run left: a screenshot, a recording, or without a login the scrubbed page',
          tags: ['runs'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }), name: Type.String({ maxLength: 100 }) }),
          response: { 200: files('The file', 'image/png', 'text/html', 'application/json', 'application/zip') },
        },
      },
      async (request, reply) => {
        const { contentType, bytes } = await services.artifacts.read(
          request.organization,
          request.params.id,
          request.params.name,
        );
        // A page or a recording is data here, never one of ours.
        if (contentType !== 'image/png') reply.header('content-disposition', 'attachment');
        return reply.type(contentType).send(bytes);
      },
    );
  };
