import Type from 'typebox';

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A JSON object of any shape. */
export const JsonObject = Type.Record(Type.String(), Type.Unknown());

/** A time as the API writes it. */
export const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });
