import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { Actor } from '../audit/audit-event.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Storage } from '../storage/db.ts';
import { NO_TRACING, type Tracing } from '../tracing/tracing.ts';
import { auditRefusals } from './audit-refusals.ts';
import { authenticate } from './auth.ts';
import { readBodies } from './body.ts';
import { closePromptly } from './closing.ts';
import { boundedServer, CONNECTION_BOUNDS, type ConnectionBounds } from './connection-bounds.ts';
import { answerBrokenRequest, handleErrors, refuse } from './error-handler.ts';
import { type HealthChecks, healthRoutes } from './health-routes.ts';
import { documentApi, hideFromDocument } from './openapi.ts';
import { limitRates, NO_LIMITS, type RateLimits } from './rate-limits.ts';
import { limitRequests } from './request-limits.ts';
import { serializeAnswers } from './serialization.ts';
import { traceRequests } from './trace-requests.ts';
import { validateRequests } from './validation.ts';

const BODY_LIMIT = 1024 * 1024;

/** The wired API. */
export type App = FastifyInstance;

export interface AppOptions {
  log: Logger;
  storage: Storage;
  /** The routes of the capabilities, without prefix. */
  routes: FastifyPluginAsyncTypebox[];
  /** Routes outside of /v1 that know by other means than a key who calls. */
  openRoutes?: FastifyPluginAsyncTypebox[];
  /** Routes for those who watch the process, beside its health: served without an API too. */
  watchRoutes?: FastifyPluginAsyncTypebox[];
  health: HealthChecks;
  /** Fires when the service begins to stop: it is not ready from then on. */
  stopping?: AbortSignal;
  /** Whether there is an API: without one only health is served, for orchestrators. */
  api?: boolean;
  /** Where calls are counted; nowhere when left out. */
  metrics?: Metrics;
  tracing?: Tracing;
  /** The operator's own API key (KEYTURN_API_KEY): any string, so it need not look like ours. */
  operatorKey?: string | null;
  /** Who calls, for the audit log; the caller's key when left out. */
  actor?: Actor | null;
  /** None when left out. */
  limits?: RateLimits;
  /** Networks (CIDR) whose proxies are believed when they say who calls (X-Forwarded-For). */
  trustProxy?: readonly string[];
  bounds?: ConnectionBounds;
}

/** The HTTP service: /v1 (and the same at /api/v1), health, OpenAPI document and its page. Not yet listening. */
export async function createApp({
  log,
  storage,
  routes,
  openRoutes = [],
  watchRoutes = [],
  health,
  stopping,
  api = true,
  metrics,
  tracing = NO_TRACING,
  operatorKey = null,
  actor = null,
  limits = NO_LIMITS,
  trustProxy = [],
  bounds = CONNECTION_BOUNDS,
}: AppOptions): Promise<App> {
  const app = Fastify({
    loggerInstance: log as FastifyInstance['log'],
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'uuid' }),
    // One id in the log lines of a call and in its error answer; a caller cannot choose it.
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    ...boundedServer(bounds),
    forceCloseConnections: 'idle',
    // Fastify's own answer is not in our error shape: see closePromptly.
    return503OnClosing: false,
    frameworkErrors: refuse,
    clientErrorHandler: answerBrokenRequest,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: false, maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = bounds.connections;
  validateRequests(app);
  serializeAnswers(app);
  handleErrors(app);
  closePromptly(app);
  limitRequests(app);
  traceRequests(app, tracing);
  const limiter = await limitRates(app, limits);
  authenticate(app, storage, { operatorKey, actor, limiter });
  auditRefusals(app);
  readBodies(app);
  logRequests(app, metrics);
  await app.register(helmet, {
    // Data needs nothing; the documentation page sets its own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // The operator's proxy decides about TLS; saying it for a whole host over plain HTTP would be wrong.
    strictTransportSecurity: false,
  });
  if (api) await documentApi(app);
  await app.register(healthRoutes(health, stopping));
  for (const plugin of watchRoutes) await app.register(plugin);
  if (!api) return app;
  for (const plugin of openRoutes) await app.register(plugin);
  const v1: FastifyPluginAsyncTypebox = async (scope) => {
    scope.addHook('onRoute', ({ method, url, config }) => {
      if (config?.scope === undefined) throw new Error(`${method} ${url} names no scope: anyone could call it`);
    });
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

/** Whether the answer is held back on purpose: until there is news of a run, or for as long as a stream lasts. */
function isHeld({ query, routeOptions }: FastifyRequest): boolean {
  const wait = typeof query === 'object' && query !== null && 'wait' in query ? query.wait : 0;
  return Number(wait) > 0 || (routeOptions.url?.endsWith('/events') ?? false);
}

/** Methods that have a name of their own in the metrics: a caller can make up others. */
const METHODS = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;

/** One line a call: the route's pattern, never the address as it was sent. Polls would fill the log, so reads are debug. */
function logRequests(app: FastifyInstance, metrics: Metrics | undefined): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics?.call({
      method: METHODS.test(request.method) ? request.method : 'other',
      route,
      status: reply.statusCode,
      held: isHeld(request),
      seconds: reply.elapsedTime / 1000,
    });
    const level = request.method === 'GET' || request.method === 'HEAD' ? 'debug' : 'info';
    request.log[level](
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'call',
    );
  });
}
