import { fastifySSE, type SSEMessage } from '@fastify/sse';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { onKeyRevoked } from '../http/auth.ts';
import { hangUp } from '../http/hang-up.ts';
import { files } from '../schema.ts';
import { Changes, LOOK_MS, ofRun } from '../storage/changes.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { isFinal } from './run.ts';
import type { RunServices } from './run-services.ts';
import { getRun } from './run-store.ts';

/** The events of a run after a sequence number, until its final one or until `signal`. */
async function* follow(
  services: RunServices,
  db: OrganizationModels,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<SSEMessage> {
  using changes = new Changes(services.storage.bus, ofRun(runId));
  let last = after;
  while (!signal.aborted) {
    // The status is read first: what a final run wrote is then in the rows that follow.
    const { status } = await getRun(db, runId);
    const rows = await db.runEvent.findMany({
      where: { run_id: runId, sequence: { gt: last } },
      orderBy: { sequence: 'asc' },
    });
    for (const row of rows) {
      if (signal.aborted) return;
      yield { id: String(row.sequence), event: row.event, data: { ...(row.data as object), at: row.created_at } };
      last = row.sequence;
    }
    if (isFinal(status)) return;
    await changes.next(LOOK_MS, signal);
  }
}

/** The event stream of a run (Server-Sent Events, WHATWG HTML), resumable by Last-Event-ID. */
export const runEventRoutes =
  (services: RunServices): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(fastifySSE);
    app.get(
      '/runs/:id/events',
      {
        sse: 'only',
        config: { scope: 'runs:read' },
        schema: {
          summary: 'Follow a run: stage, awaiting, step, recording and final events (text/event-stream)',
          tags: ['runs'],
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 200: files('The events, until the final one', 'text/event-stream') },
          headers: Type.Object({
            'last-event-id': Type.Optional(
              Type.String({ pattern: '^[0-9]{1,9}$', description: 'Resume after this event' }),
            ),
          }),
        },
      },
      async (request, reply) => {
        await getRun(request.organization, request.params.id);
        const revoked = new AbortController();
        const unwatch = onKeyRevoked(services.storage, request, () => revoked.abort());
        const signal = AbortSignal.any([hangUp(reply), revoked.signal, services.closing]);
        const after = Number(request.headers['last-event-id'] ?? 0);
        // The hook that says it of every other answer is not asked for a stream.
        reply.header('cache-control', 'no-store');
        // At once: a client that waits for the first event must not take a quiet run for a dead service.
        reply.sse.sendHeaders();
        reply.raw.flushHeaders();
        try {
          await reply.sse.send(follow(services, request.organization, request.params.id, after, signal));
        } finally {
          unwatch();
          reply.sse.close();
        }
      },
    );
  };
