import type { FastifyInstance, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';

/**
 * Validates with the TypeBox schemas themselves. Bodies are taken as they are: a number is not a string, and an unknown
 * member is refused, not dropped. Query, path and headers come as text, so they are converted first.
 */
export function validateRequests(app: FastifyInstance): void {
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const validator = compiled(schema);
    return (value: unknown) => {
      const taken = httpPart === 'body' ? value : Value.Convert(schema, Value.Clone(value));
      if (validator.Check(taken)) return { value: taken };
      return { error: validator.Errors(taken).map(asFastifyError) };
    };
  });
}

/** Each schema once: every route stands below two prefixes, and every GET is a HEAD too. */
const validators = new WeakMap<TSchema, Validator>();

function compiled(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known) return known;
  const validator = Compile(schema);
  validators.set(schema, validator);
  return validator;
}

function asFastifyError(error: {
  keyword: string;
  instancePath: string;
  schemaPath: string;
  message: string;
  params: object;
}): FastifySchemaValidationError {
  return { ...error, params: { ...error.params } };
}
