import type { FastifyReply } from 'fastify';

/** Aborted when the caller hangs up, so that nothing waits for nobody. */
export function hangUp(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
