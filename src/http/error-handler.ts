import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify';
import { type ErrorCode, KeyturnError } from '../errors.ts';
import { isDatabaseAway } from '../storage/database-away.ts';
import { withoutValuesOf } from './error-log.ts';
import { watchMethods } from './methods.ts';

/** Every error answer. `uuid` is in the log lines of the call. */
interface ErrorBody {
  type: 'Error';
  uuid: string;
  code: ErrorCode;
  status_code: number;
  detail: string;
  errors?: { path: string; message: string }[];
  parts?: Record<string, string>;
}

/** Fastify's own refusals in our terms. Anything else below 500 is an invalid request. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  // Longer than any id there is.
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

const DETAILS: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_BAD_URL: 'The address is not percent-encoded as it should be.',
};

/** Says where and what rule, never the value that was sent: it may be a secret. */
function validationErrors(context: string, validation: readonly FastifySchemaValidationError[]) {
  // A refused member is told once by its object and once more as a schema that nothing meets.
  const told = validation.filter(({ keyword }) => keyword !== 'boolean');
  return told.slice(0, 20).map(({ instancePath, message, params, keyword }) => {
    const unknown = keyword === 'additionalProperties' ? `: ${names(params.additionalProperties)}` : '';
    const missing = keyword === 'required' ? `: ${names(params.requiredProperties)}` : '';
    const place = context === 'body' ? instancePath : `${context.replace('string', '')}${instancePath}`;
    return { path: (place || '/').slice(0, 300), message: `${message ?? 'is not valid'}${unknown}${missing}` };
  });
}

function names(value: unknown): string {
  const list = Array.isArray(value) ? value : [value];
  const shown = list.slice(0, 10).map((name) => String(name).slice(0, 100));
  return `${shown.join(', ')}${list.length > shown.length ? ', …' : ''}`;
}

/** What Fastify or a library below it threw, as one of ours. */
function asKeyturnError(error: unknown): KeyturnError {
  if (error instanceof KeyturnError) return error;
  if (isDatabaseAway(error)) return new KeyturnError('unavailable', { cause: error });
  const { validation, validationContext, statusCode, code: name } = (error ?? {}) as Partial<FastifyError>;
  if (validation) {
    return new KeyturnError('invalid_request', {
      errors: validationErrors(validationContext ?? 'body', validation),
      cause: error,
    });
  }
  if (statusCode === undefined || statusCode >= 500 || statusCode < 400) {
    return new KeyturnError('internal', { cause: error });
  }
  const code = FASTIFY_CODES[name ?? ''] ?? 'invalid_request';
  return new KeyturnError(code, { detail: DETAILS[name ?? ''], cause: error });
}

/** The one detail that depends on the route. */
function withBodyLimit(error: KeyturnError, request: FastifyRequest): KeyturnError {
  if (error.code !== 'payload_too_large') return error;
  const detail = `The body is larger than the ${request.routeOptions.bodyLimit.toLocaleString('en')} bytes this call takes.`;
  return new KeyturnError('payload_too_large', { detail, cause: error });
}

/** Seconds after which a call that may succeed later is worth repeating. */
const RETRY_AFTER_SECONDS = 5;

function errorBody(error: KeyturnError, uuid: string): ErrorBody {
  return {
    type: 'Error',
    uuid,
    code: error.code,
    status_code: error.status,
    detail: error.message,
    ...(error.errors && { errors: error.errors }),
    ...(error.parts && { parts: error.parts }),
  };
}

/** Answers with an error, whatever was thrown, and notes it in the log under the uuid of the answer. */
export function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = withBodyLimit(asKeyturnError(thrown), request);
  const { code, status } = error;
  request.refusedWith = code;
  if (status >= 500) request.log.error({ code, err: withoutValuesOf(request, error) }, 'the call failed');
  else request.log.info({ code }, 'the call was refused');
  const wait = error.retryAfter ?? (status === 503 || status === 429 ? RETRY_AFTER_SECONDS : undefined);
  if (wait !== undefined) reply.header('retry-after', String(Math.ceil(wait)));
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(errorBody(error, request.id));
}

/** The one place that turns errors into HTTP. */
export function handleErrors(app: FastifyInstance): void {
  const offered = watchMethods(app);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    const methods = offered(request.url);
    if (methods.length === 0) return refuse(new KeyturnError('not_found'), request, reply);
    reply.header('allow', methods.join(', '));
    return refuse(new KeyturnError('method_not_allowed'), request, reply);
  });
}

/** What Node refuses before there is a request. Anything else is not HTTP. */
const BROKEN: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers what is not HTTP, headers that are too large, and a request that never ends arriving. */
export function answerBrokenRequest(this: FastifyInstance, problem: Error & { code?: string }, socket: Socket): void {
  if (problem.code === 'ECONNRESET' || socket.destroyed) return;
  const uuid = randomUUID();
  const code = BROKEN[problem.code ?? ''];
  const error = code
    ? new KeyturnError(code)
    : new KeyturnError('invalid_request', { detail: 'The request is not valid HTTP.' });
  this.log.info({ uuid, code: error.code, reason: problem.code }, 'the call was refused');
  const body = JSON.stringify(errorBody(error, uuid));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ].join('\r\n');
  if (socket.writable) socket.end(`${head}\r\n\r\n${body}`);
  else socket.destroy();
}
