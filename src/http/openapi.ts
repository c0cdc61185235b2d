import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';

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
      return { schema: { ...schema, description, security: [{ apiKey: [] }, { bearer: [] }] }, url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const api = document.openapiObject;
      for (const path of Object.values(api.paths ?? {})) {
        for (const operation of Object.values(path ?? {})) {
          if (typeof operation === 'object' && operation !== null && 'responses' in operation) {
            operation.responses = { ...operation.responses, default: ERROR_RESPONSE };
          }
        }
      }
      return api;
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { title: 'Keyturn API', url: '/openapi.json', withDefaultFonts: false, telemetry: false },
  });
}

const ERROR_SCHEMA = {
  type: 'object' as const,
  required: ['type', 'uuid', 'code', 'status_code', 'detail'],
  properties: {
    type: { type: 'string' as const, const: 'Error' },
    uuid: { type: 'string' as const, format: 'uuid' },
    code: { type: 'string' as const },
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
  },
};

const ERROR_RESPONSE = {
  description: 'Refused or failed',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** Leaves the routes registered after it out of the document: a second prefix would list everything twice. */
export function hideFromDocument(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}
