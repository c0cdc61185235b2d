import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { files } from '../schema.ts';
import type { Metrics } from './metrics.ts';

/** For Prometheus. Counts over all organizations: for the operator, who has an admin key or asks from this machine. */
export const metricsRoutes =
  (metrics: Metrics): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/metrics',
      {
        config: { scope: 'admin', openToLoopback: true },
        schema: {
          summary: 'Metrics in the text format of Prometheus; from loopback without a key',
          tags: ['health'],
          response: { 200: files('Counters, gauges and histograms', 'text/plain') },
        },
      },
      async (_request, reply) => {
        const { contentType, body } = await metrics.text();
        return reply.header('cache-control', 'no-store').type(contentType).send(body);
      },
    );
  };
