import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Scope } from '../../src/http/scopes.ts';
import type { HttpAnswer } from './http-sender.ts';

/** JSON Schema as the document has it. */
export type Schema = { readonly [name: string]: unknown };

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

/** A call that the document offers. */
export interface Operation {
  id: string;
  method: string;
  /** With `{id}` where an id stands. */
  path: string;
  scope: Scope | null;
  parameters: Parameter[];
  /** Null: it takes none. */
  body: Schema | null;
  bodyType: string;
  /** What is wrong with an answer by the document; empty: nothing. */
  check(answer: HttpAnswer): string[];
}

interface Documented {
  security?: { apiKey: Scope[] }[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Documented>>;
  components: unknown;
}

const pointer = (parts: string[]): string =>
  parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

/** The operations of a document, each with what its answers are checked against. */
export function operationsOf(document: ApiDocument): Operation[] {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: 'api' });
  const compiled = new Map<string, ValidateFunction>();
  const validator = (parts: string[]): ValidateFunction => {
    const place = `api#/${pointer(parts)}`;
    const found = compiled.get(place) ?? ajv.compile({ $ref: place });
    compiled.set(place, found);
    return found;
  };
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Operation => {
      const [bodyType = 'application/json', body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      return {
        id: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        scope: operation.security?.[0]?.apiKey[0] ?? null,
        parameters: operation.parameters ?? [],
        body: body?.schema ?? null,
        bodyType,
        check(answer) {
          const kept = !answer.headers['cache-control']?.includes('no-store');
          if (operation.security && kept) return ['the answer may be kept'];
          const status = String(answer.status);
          const response = operation.responses[status];
          if (!response) return [`status ${status} is not documented`];
          const type = answer.headers['content-type']?.split(';', 1)[0];
          const types = Object.keys(response.content ?? {});
          if (types.length === 0) return answer.body.length > 0 ? [`${status} has a body that is not documented`] : [];
          if (type === undefined || !types.includes(type)) return [`${status} as ${type} instead of ${types}`];
          if (type !== 'application/json') return [];
          const validate = validator(['paths', path, method, 'responses', status, 'content', type, 'schema']);
          if (validate(JSON.parse(answer.body.toString('utf8')))) return [];
          const [error] = validate.errors ?? [];
          return [
            `${status} does not fit its schema: ${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`,
          ];
        },
      };
    }),
  );
}

/** What is wrong with any answer of the service, besides what its operation says. */
export function wrongInAny(answer: HttpAnswer): string[] {
  const problems: string[] = [];
  if (answer.status >= 500) problems.push(`${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`);
  if (answer.status >= 400) {
    const error = JSON.parse(answer.body.toString('utf8'));
    if (error.status_code !== answer.status) problems.push(`status_code ${error.status_code} in a ${answer.status}`);
    if (answer.status === 429 && !answer.headers['retry-after']) problems.push('429 without Retry-After');
  }
  return problems;
}
