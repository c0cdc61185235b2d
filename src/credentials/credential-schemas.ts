import Type from 'typebox';
import { VAULT_TYPES } from '../vaults/vault.ts';
import { CREDENTIAL_TYPES, TOTP_TYPES } from './credential.ts';
import { MailboxBody, MailboxView } from './mailbox-schemas.ts';
import { PasskeySchema } from './parse-passkey.ts';

const strict = { additionalProperties: false } as const;

/** Kept in the clear and shown: no control characters, which PostgreSQL (NUL) and log lines could not take. */
const Line = (maxLength: number, options: Type.TStringOptions = {}) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$', ...options });
/** Not only blanks, no control characters. */
const Named = (maxLength: number, description: string) =>
  Line(maxLength, {
    minLength: 1,
    pattern: '^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$',
    description,
  });
/** Typed into a one-line field, which drops line breaks: a password with one would silently be another. */
const Typed = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000\\r\\n]+$', description });
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' });

export const NameSchema = Named(200, 'Name people know it by');
export const UsernameSchema = Line(1024, { description: 'Left out: a password-only page' });
export const OriginsSchema = Type.Array(Type.String({ maxLength: 2048 }), {
  maxItems: 50,
  description: 'http(s) origins the secret may be typed at, such as https://accounts.example.com',
});

/** The fields of a password that credentials and login tests have in common. */
export const PASSWORD_FIELDS = {
  username: Type.Optional(Nullable(UsernameSchema)),
  password: Type.Optional(
    Typed(4096, 'The password; left out where the account is entered by a passkey, or by a link or code that is sent'),
  ),
  totp: Type.Optional(
    Nullable(Type.String({ maxLength: 2048, description: 'TOTP seed: base32 or an otpauth://totp/ address' })),
  ),
  totp_type: Type.Optional(
    Type.Enum(TOTP_TYPES, { description: 'Where one-time codes come from; `authenticator` when `totp` is given' }),
  ),
  totp_identifier: Type.Optional(Nullable(Line(1024, { description: 'The address or number codes are sent to' }))),
  totp_url: Type.Optional(
    Nullable(
      Line(2048, {
        minLength: 1,
        description: 'An endpoint of yours that is asked for the code; the calls are signed',
      }),
    ),
  ),
  recovery_codes: Type.Optional(
    Nullable(
      Type.Array(Typed(64, 'A recovery code'), {
        maxItems: 50,
        uniqueItems: true,
        description: 'Recovery codes of the account, in the order they are to be used',
      }),
    ),
  ),
  use_recovery_codes: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Whether a recovery code may be used, once each, where no other code comes',
    }),
  ),
  mailbox: Type.Optional(Nullable(MailboxBody)),
  passkey: Type.Optional(Nullable(PasskeySchema)),
  extra_fields: Type.Optional(
    Type.Record(Line(200, { minLength: 1 }), Typed(4096, 'The answer'), {
      ...strict,
      maxProperties: 20,
      description: 'Answers to further fields of the login form, by label',
    }),
  ),
};

export const PasswordSchema = Type.Object(
  { ...PASSWORD_FIELDS, allowed_origins: Type.Optional(OriginsSchema) },
  { ...strict, title: 'password' },
);

export const CreditCardSchema = Type.Object(
  {
    card_number: Type.String({ pattern: '^(?:[0-9][ -]?){11,18}[0-9]$', description: '12 to 19 digits' }),
    card_cvv: Type.String({ pattern: '^[0-9]{3,4}$' }),
    card_exp_month: Type.String({ pattern: '^(?:0?[1-9]|1[0-2])$' }),
    card_exp_year: Type.String({ pattern: '^(?:[0-9]{2}|[0-9]{4})$' }),
    card_brand: Named(50, 'Such as visa'),
    card_holder_name: Named(200, 'As printed on the card'),
  },
  { ...strict, title: 'credit_card' },
);

export const SecretSchema = Type.Object(
  {
    secret_value: Type.String({ minLength: 1, maxLength: 65_536 }),
    secret_label: Type.Optional(Nullable(Line(200))),
  },
  { ...strict, title: 'secret' },
);

const UPPER_CASE_TYPES = ['PASSWORD', 'CREDIT_CARD', 'SECRET'] as const;
const CredentialTypeSchema = Type.Enum([...CREDENTIAL_TYPES, ...UPPER_CASE_TYPES]);
const SecretBodySchema = Type.Union([PasswordSchema, CreditCardSchema, SecretSchema], {
  description: 'The fields of the credential type; never read back',
});

const { totp_type, totp_identifier, totp_url, use_recovery_codes } = PASSWORD_FIELDS;

/** What is said of an item that others keep in a vault, beside what the item holds itself. */
export const LinkedFieldsSchema = Type.Object(
  { totp_type, totp_identifier, totp_url, use_recovery_codes, allowed_origins: Type.Optional(OriginsSchema) },
  { ...strict, title: 'with item_id' },
);

const ItemIdSchema = Type.Optional(
  Named(500, 'An item that is in the vault already: it is read there, and never changed or deleted by the service'),
);
const CredentialBodySchema = Type.Union([LinkedFieldsSchema, ...SecretBodySchema.anyOf], {
  description: 'The fields of the credential type; never read back. With item_id: what is said of the item',
});

export const CreateSchema = Type.Object(
  {
    name: NameSchema,
    credential_type: CredentialTypeSchema,
    credential: Type.Optional(CredentialBodySchema),
    vault_type: Type.Optional(Type.Enum(VAULT_TYPES)),
    item_id: ItemIdSchema,
    browser_profile_id: Type.Optional(
      Nullable(Type.String({ maxLength: 100, description: 'An imported profile that belongs to no credential yet' })),
    ),
  },
  strict,
);

export const UpdateSchema = Type.Object(
  {
    name: Type.Optional(NameSchema),
    credential_type: Type.Optional(CredentialTypeSchema),
    credential: Type.Optional(CredentialBodySchema),
    vault_type: Type.Optional(Type.Enum(VAULT_TYPES)),
    item_id: ItemIdSchema,
  },
  strict,
);

export const PatchSchema = Type.Object(
  {
    name: Type.Optional(NameSchema),
    tested_url: Type.Optional(Nullable(Line(2048, { minLength: 1 }))),
    allowed_origins: Type.Optional(OriginsSchema),
  },
  { ...strict, minProperties: 1 },
);

export const CredentialParams = Type.Object({ id: Type.String({ maxLength: 100 }) });

export const ListQuery = Type.Object(
  {
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 10 })),
    include_temporary: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
);

export const CredentialSchema = Type.Object({
  credential_id: Type.String(),
  credential_type: Type.Enum(CREDENTIAL_TYPES),
  name: Type.String(),
  credential: Type.Union([
    Type.Object(
      {
        username: Nullable(Type.String()),
        totp_type: Type.Enum(TOTP_TYPES),
        totp_identifier: Nullable(Type.String()),
      },
      strict,
    ),
    Type.Object({ last_four: Type.String(), brand: Type.String() }, strict),
    Type.Object({ secret_label: Nullable(Type.String()) }, strict),
  ]),
  browser_profile_id: Nullable(Type.String()),
  tested_url: Nullable(Type.String()),
  totp_url: Nullable(Type.String()),
  recovery_codes_left: Nullable(Type.Integer({ description: 'Null: the credential has none' })),
  mailbox: Nullable(MailboxView),
  passkey_rp_id: Nullable(Type.String({ description: 'The domain of its passkey; null: the credential has none' })),
  vault_type: Type.String(),
  item_id: Nullable(Type.String({ description: 'The item others keep in the vault; null: the service keeps it' })),
  allowed_origins: Type.Array(Type.String()),
  temporary: Type.Boolean(),
  expires_at: Nullable(Time),
  created_at: Time,
  modified_at: Time,
});
