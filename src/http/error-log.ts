import type { FastifyRequest } from 'fastify';
import pino from 'pino';
import { Scrubber } from '../scrub.ts';

/** More values than a request with a secret holds, except an import, which is a secret as a whole. */
const MAX_VALUES = 50;

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) yield* stringsIn(member);
  }
}

/**
 * An unexpected error as it may be logged: without anything the request brought, in any encoding. A library's message
 * may quote what it was given, and what a request brings is not known to the log's own scrubber yet.
 */
export function withoutValuesOf(request: FastifyRequest, error: Error): unknown {
  const values = [...stringsIn([request.body, request.query, request.params])];
  if (values.length > MAX_VALUES) return { type: error.name, message: 'not shown: the request holds too many values' };
  const scrubber = new Scrubber();
  scrubber.add('request', values);
  return scrubber.scrubDeep(pino.stdSerializers.err(error));
}
