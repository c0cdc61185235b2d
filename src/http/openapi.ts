import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { ERRORS } from '../errors.ts';

/** The groups of the page, what a newcomer comes for first. */
const TAGS = [
  'tests',
  'credentials',
  'browser profiles',
  'runs',
  'workflows',
  'codes',
  'signing secrets',
  'sms webhooks',
  'api keys',
  'data keys',
  'audit',
  'health',
];

/** Serves the OpenAPI 3.1 document at /openapi.json and a page that shows it at /docs. Register before the routes. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Keyturn',
        description:
          'Proves that a stored login still works, turning the key exactly once, and keeps the session it earns.',
        version: '1',
      },
      tags: TAGS.map((name) => ({ name })),
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
        schemas: { Error: ERROR_SCHEMA },
      },
    },
    transform: ({ schema, url, route }) => {
      const scope = route.config?.scope;
      if (scope === undefined) return { schema, url };
      const description = [schema.description, `Needs an API key with the scope \`${scope}\`.`]
        .filter(Boolean)
        .join(' ');
      return { schema: { ...schema, description, security: [{ apiKey: [scope] }, { bearer: [scope] }] }, url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const api = document.openapiObject;
      for (const [path, operations] of Object.entries(api.paths ?? {})) {
        for (const [method, operation] of Object.entries(operations ?? {})) {
          if (typeof operation === 'object' && operation !== null && 'responses' in operation) {
            const answers = exact(operation.responses) as typeof operation.responses;
            operation.responses = { ...answers, ...errorResponses(path, method, operation) };
          }
        }
      }
      return api;
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', PAGE_POLICY);
    });
    await scope.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        pageTitle: 'Keyturn API',
        url: '/openapi.json',
        // Nothing of the page comes from, or goes to, another server.
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    });
  });
}

/** The page brings its script and styles with it, partly in line, and talks to this service only. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ERROR_SCHEMA = {
  type: 'object' as const,
  additionalProperties: false,
  required: ['type', 'uuid', 'code', 'status_code', 'detail'],
  properties: {
    type: { type: 'string' as const, const: 'Error' },
    uuid: { type: 'string' as const, format: 'uuid' },
    code: { type: 'string' as const, enum: Object.keys(ERRORS) },
    status_code: { type: 'integer' as const },
    detail: { type: 'string' as const },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        additionalProperties: false,
        required: ['path', 'message'],
        properties: { path: { type: 'string' as const }, message: { type: 'string' as const } },
      },
    },
    parts: {
      type: 'object' as const,
      description: 'Of /health/ready: for each part, ready or what is wrong',
      additionalProperties: { type: 'string' as const },
    },
  },
};

function errorResponse(description: string) {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
}

/** Calls that may have to ask a vault outside. */
const ASKS_VAULTS = /^\/v1\/credentials/;

/** Every status an error of this operation can have: a client that knows the document meets no other. */
function errorResponses(path: string, method: string, operation: object) {
  const has = (name: string) => name in operation;
  const changes = method !== 'get';
  return {
    400: errorResponse('The request is not valid'),
    ...(has('security')
      ? {
          401: errorResponse('The API key is missing, unknown or revoked'),
          403: errorResponse('The API key lacks the scope'),
        }
      : changes && { 403: errorResponse('The signature is not right') }),
    ...(path.includes('{') && { 404: errorResponse('There is no such thing in this organization') }),
    408: errorResponse('The request took too long to arrive'),
    ...(changes && {
      409: errorResponse('It does not fit the state of things'),
      413: errorResponse('The body is larger than this call takes'),
      415: errorResponse('The body is of another type'),
    }),
    414: errorResponse('The address is too long'),
    ...(has('security') && { 429: errorResponse('Too many calls, or a waiting time is not over; see Retry-After') }),
    431: errorResponse('The headers are too large, or too many'),
    500: errorResponse('A fault of ours'),
    ...(ASKS_VAULTS.test(path) && changes && { 502: errorResponse('The vault refused or failed') }),
    503: errorResponse('Not right now; see Retry-After'),
  };
}

type Schema = { [name: string]: unknown };

/** Answers hold what is written of them and nothing else: their objects are serialized by their schemas. */
function exact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exact);
  if (typeof schema !== 'object' || schema === null) return schema;
  const given = Object.fromEntries(Object.entries(schema).map(([name, member]) => [name, exact(member)])) as Schema;
  const isObject = given.type === 'object' && typeof given.properties === 'object';
  return isObject && given.additionalProperties === undefined ? { ...given, additionalProperties: false } : given;
}

/** Leaves the routes registered after it out of the document: a second prefix would list everything twice. */
export function hideFromDocument(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}
