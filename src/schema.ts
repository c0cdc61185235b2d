import type { Readable } from 'node:stream';
import Type from 'typebox';

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A JSON object of any shape. */
export const JsonObject = Type.Record(Type.String(), Type.Unknown());

/** A time as the API writes it. */
export const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });

/** The answer of a route that sends text or bytes of these types instead of JSON. */
export function files(description: string, ...types: string[]) {
  const schema = Type.Unsafe<string | Buffer | Readable>({ type: 'string' });
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}
