import helmet from '@fastify/helmet';
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from '../log.ts';
import type { Storage } from '../storage/db.ts';
import { authenticate } from './auth.ts';
import { handleErrors } from './error-handler.ts';
import { type HealthChecks, healthRoutes } from './health-routes.ts';
import { documentApi, hideFromDocument } from './openapi.ts';
import { validateRequests } from './validation.ts';

const BODY_LIMIT = 1024 * 1024;
/** A client that sends its request slower than this is not waited for. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface AppOptions {
  log: Logger;
  storage: Storage;
  /** The routes of the capabilities, without prefix. */
  routes: FastifyPluginAsyncTypebox[];
  health: HealthChecks;
}

/** The HTTP service: /v1 (and the same at /api/v1), health, OpenAPI document and its page. Not yet listening. */
export async function createApp({ log, storage, routes, health }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log as FastifyInstance['log'],
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    return503OnClosing: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: false, maxParamLength: 200 },
    genReqId: () => '',
  }).withTypeProvider<TypeBoxTypeProvider>();
  validateRequests(app);
  handleErrors(app);
  authenticate(app, storage);
  acceptEmptyBodies(app);
  logRequests(app);
  await app.register(helmet, { contentSecurityPolicy: false });
  await documentApi(app);
  await app.register(healthRoutes(health));
  const v1: FastifyPluginAsyncTypebox = async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    for (const plugin of routes) await scope.register(plugin);
  };
  await app.register(v1, { prefix: '/v1' });
  await app.register(
    async (scope) => {
      hideFromDocument(scope);
      await scope.register(v1);
    },
    { prefix: '/api/v1' },
  );
  return app;
}

/** Body-less POST and DELETE are accepted whatever content type a client puts on them. */
function acceptEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, undefined);
    else parseJson(request, text as string, done);
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') done(null, undefined);
    else done(new UnsupportedMediaType(), undefined);
  });
}

class UnsupportedMediaType extends Error {
  readonly statusCode = 415;
  readonly code = 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
}

/** One line a call: the route's pattern, never the address as it was sent. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'call',
    );
  });
}
