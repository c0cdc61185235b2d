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
        for (const operation of Object.values(operations ?? {})) {
          if (typeof operation === 'object' && operation !== null && 'responses' in operation) {
            operation.responses = { ...operation.responses, ...errorResponses(path, operation) };
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

/** The errors a call can be answered with, as far as its shape tells; `default` stands for the rest. */
function errorResponses(path: string, operation: object) {
  const has = (name: string) => name in operation;
  return {
    ...((has('requestBody') || has('parameters')) && { 400: errorResponse('The request is not valid') }),
    ...(has('security') && {
      401: errorResponse('The API key is missing, unknown or revoked'),
      403: errorResponse('The API key lacks the scope'),
    }),
    ...(path.includes('{') && { 404: errorResponse('There is no such thing in this organization') }),
    ...(has('requestBody') && {
      413: errorResponse('The body is larger than 1 MiB'),
      415: errorResponse('The body is not JSON'),
    }),
    default: errorResponse('Refused or failed'),
  };
}

/** Leaves the routes registered after it out of the document: a second prefix would list everything twice. */
export function hideFromDocument(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}
