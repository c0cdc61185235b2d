import type { FastifyInstance } from 'fastify';
import type { TraceSpan, Tracing } from '../tracing/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The call as it is traced. What it sets in motion belongs below it. */
    span: TraceSpan;
  }
}

/** Traces the calls of /v1. A caller's W3C traceparent puts them into its own trace. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  app.decorateRequest('span');
  app.addHook('onRequest', async (request) => {
    const { traceparent } = request.headers;
    const parent = typeof traceparent === 'string' ? traceparent : null;
    request.span = tracing.start(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, {
      parent,
      server: true,
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode: status } = reply;
    request.span.end(
      { 'http.response.status_code': status, 'keyturn.request_id': request.id },
      { failed: status >= 500 },
    );
  });
}
