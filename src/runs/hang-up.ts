import type { FastifyRequest } from 'fastify';

/** Aborted when the caller hangs up, so that nothing waits for nobody. */
export function hangUp(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.socket.once('close', () => controller.abort());
  return controller.signal;
}
