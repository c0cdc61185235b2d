import Type from 'typebox';
import { PROFILE_STATES } from './profile.ts';

const strict = { additionalProperties: false } as const;
const NO_CONTROL = '[^\\u0000-\\u001f\\u007f]';
/** Not only blanks, no control characters. */
const Name = Type.String({
  minLength: 1,
  maxLength: 400,
  pattern: `^${NO_CONTROL}*[^\\s\\u0000-\\u001f\\u007f]${NO_CONTROL}*$`,
  description: 'Need not be unique',
});
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Description = Nullable(Type.String({ maxLength: 2000, pattern: '^[^\\u0000]*$' }));
const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });
const HttpOrigin = Type.String({ maxLength: 2048, pattern: '^https?://[^/?#@\\s]+$' });

/** What Playwright demands of a cookie when it restores one. Fields it adds later pass through. */
const Cookie = Type.Object({
  name: Type.String(),
  value: Type.String(),
  domain: Type.String({ minLength: 1 }),
  path: Type.String({ minLength: 1 }),
  expires: Type.Optional(Type.Number()),
  httpOnly: Type.Optional(Type.Boolean()),
  secure: Type.Optional(Type.Boolean()),
  sameSite: Type.Optional(Type.Enum(['Strict', 'Lax', 'None'])),
  partitionKey: Type.Optional(Type.String()),
});

const IndexedDb = Type.Object({
  name: Type.String(),
  version: Type.Integer(),
  stores: Type.Array(
    Type.Object({
      name: Type.String(),
      autoIncrement: Type.Boolean(),
      keyPath: Type.Optional(Type.String()),
      keyPathArray: Type.Optional(Type.Array(Type.String())),
      records: Type.Array(Type.Object({})),
      indexes: Type.Array(Type.Object({ name: Type.String(), multiEntry: Type.Boolean(), unique: Type.Boolean() })),
    }),
  ),
});

const OriginStorage = Type.Object({
  origin: Type.String({ minLength: 1 }),
  localStorage: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  indexedDB: Type.Optional(Type.Array(IndexedDb)),
});

/**
 * Checked as deeply as a restore needs, and stored as it came: unknown fields belong to newer versions of Playwright, and
 * dropping them destroys sessions.
 */
const StorageState = Type.Object(
  { cookies: Type.Array(Cookie), origins: Type.Array(OriginStorage) },
  { description: "Playwright's storage state, verbatim" },
);

/** The sealed session leaves as it came in: no schema that could strip a field stands in the way. */
export const ExportSchema = Type.Object({
  storage_state: Type.Unknown({ description: "Playwright's storage state, verbatim" }),
  session_storage: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
  passkeys: Type.Array(Type.Unknown()),
  context_options: Type.Record(Type.String(), Type.Unknown()),
});

export const ImportSchema = Type.Object(
  {
    name: Name,
    description: Type.Optional(Description),
    credential_id: Type.Optional(
      Nullable(Type.String({ maxLength: 100, description: 'Its former profile is replaced' })),
    ),
    storage_state: StorageState,
    session_storage: Type.Optional(
      Type.Record(HttpOrigin, Type.Record(Type.String(), Type.String()), {
        ...strict,
        description: 'sessionStorage by origin',
      }),
    ),
    passkeys: Type.Optional(Type.Array(Type.Object({}))),
    context_options: Type.Optional(
      Type.Object({}, { description: 'Options of the browser context it was made with; unsafe ones are not used' }),
    ),
  },
  strict,
);

export const ProfilePatchSchema = Type.Object(
  { name: Type.Optional(Name), description: Type.Optional(Description) },
  { ...strict, minProperties: 1 },
);

export const ProfileParams = Type.Object({ id: Type.String({ maxLength: 100 }) });

export const ProfileListQuery = Type.Object(
  {
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 10 })),
  },
  strict,
);

export const ProfileSchema = Type.Object({
  browser_profile_id: Type.String(),
  organization_id: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String()),
  credential_id: Nullable(Type.String()),
  state: Type.Enum(PROFILE_STATES, { description: '`suspect`: a later restore of it failed' }),
  created_at: Time,
  modified_at: Time,
});
