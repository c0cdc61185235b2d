import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { KeyturnError } from '../errors.ts';

/** Parts that must work for a run to work, by name. Each rejects with a KeyturnError when it does not. */
export type HealthChecks = Record<string, () => Promise<void>>;

/** A part that does not answer is not ready. */
const CHECK_TIMEOUT_MS = 3_000;

async function problem(check: () => Promise<void>): Promise<string | null> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new KeyturnError('unavailable', { detail: 'It does not answer.' })),
    CHECK_TIMEOUT_MS,
  );
  try {
    await Promise.race([check(), late.promise]);
    return null;
  } catch (error) {
    return error instanceof KeyturnError ? error.message : 'It failed.';
  } finally {
    clearTimeout(timer);
  }
}

/** For orchestrators: alive, and ready to take runs. No key needed, nothing about the data told. */
export const healthRoutes =
  (checks: HealthChecks, stopping?: AbortSignal): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/health/live',
      {
        schema: {
          summary: 'The process answers',
          tags: ['health'],
          response: { 200: Type.Object({ status: Type.Literal('ok') }) },
        },
      },
      async () => ({ status: 'ok' as const }),
    );
    app.get(
      '/health/ready',
      {
        schema: {
          summary: 'Database, worker pool and browser can take a run; 503 names what cannot, or that the service stops',
          tags: ['health'],
          response: {
            200: Type.Object({
              status: Type.Literal('ready'),
              parts: Type.Record(Type.String(), Type.Literal('ready')),
            }),
          },
        },
      },
      async () => {
        if (stopping?.aborted) throw new KeyturnError('unavailable', { detail: 'Not ready. The service is stopping.' });
        const states = await Promise.all(
          Object.entries(checks).map(async ([name, check]) => [name, (await problem(check)) ?? 'ready'] as const),
        );
        const parts = Object.fromEntries(states);
        const failed = states.flatMap(([name, state]) => (state === 'ready' ? [] : [`${name}: ${state}`]));
        if (failed.length > 0)
          throw new KeyturnError('unavailable', { detail: `Not ready. ${failed.join(' ')}`, parts });
        return { status: 'ready' as const, parts: parts as Record<string, 'ready'> };
      },
    );
  };
