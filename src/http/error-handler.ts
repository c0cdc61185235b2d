import { randomUUID } from 'node:crypto';
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify';
import { ERRORS, type ErrorCode, KeyturnError } from '../errors.ts';

/** Every error answer. `uuid` is in the log line. */
export interface ErrorBody {
  type: 'Error';
  uuid: string;
  code: ErrorCode;
  status_code: number;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** Fastify's own refusals in our terms. Anything else below 500 is an invalid request. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** Says where and what rule, never the value that was sent: it may be a secret. */
function validationErrors(context: string, validation: readonly FastifySchemaValidationError[]) {
  return validation.slice(0, 20).map(({ instancePath, message, params, keyword }) => {
    const unknown = keyword === 'additionalProperties' ? `: ${names(params.additionalProperties)}` : '';
    const missing = keyword === 'required' ? `: ${names(params.requiredProperties)}` : '';
    const place = context === 'body' ? instancePath : `${context}${instancePath}`;
    return { path: place || '/', message: `${message ?? 'is not valid'}${unknown}${missing}` };
  });
}

function names(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map((name) => String(name).slice(0, 100)).join(', ');
}

function asKeyturnError(error: FastifyError | KeyturnError): KeyturnError {
  if (error instanceof KeyturnError) return error;
  if (error.validation) {
    return new KeyturnError('invalid_request', {
      errors: validationErrors(error.validationContext ?? 'body', error.validation),
      cause: error,
    });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return new KeyturnError('internal', { cause: error });
  const code = FASTIFY_CODES[error.code] ?? 'invalid_request';
  const detail = code === 'invalid_request' && error instanceof SyntaxError ? 'The body is not valid JSON.' : undefined;
  return new KeyturnError(code, { detail, cause: error });
}

/** Seconds after which a call that may succeed later is worth repeating. */
const RETRY_AFTER_SECONDS = 5;

function send(error: KeyturnError, request: FastifyRequest, reply: FastifyReply) {
  const uuid = randomUUID();
  const { status, retryable } = ERRORS[error.code];
  const line = { uuid, code: error.code, err: error };
  if (status >= 500) request.log.error(line, 'the call failed');
  else request.log.info({ uuid, code: error.code }, 'the call was refused');
  const wait = error.retryAfter ?? (status === 503 || (status === 429 && retryable) ? RETRY_AFTER_SECONDS : undefined);
  if (wait !== undefined) reply.header('retry-after', String(Math.ceil(wait)));
  const body: ErrorBody = {
    type: 'Error',
    uuid,
    code: error.code,
    status_code: status,
    detail: error.message,
    ...(error.errors && { errors: error.errors }),
  };
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(body);
}

/** The one place that turns errors into HTTP. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | KeyturnError>((error, request, reply) =>
    send(asKeyturnError(error), request, reply),
  );
  app.setNotFoundHandler((request, reply) => send(new KeyturnError('not_found'), request, reply));
}
