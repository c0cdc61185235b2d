import Type from 'typebox';
import { Nullable, Time } from '../schema.ts';
import { CODE_STATES, MATCHES } from './code.ts';
import { OTP_TYPES } from './extract/find-code.ts';
import { SENDER_VERDICTS } from './sender-verdict.ts';

const strict = { additionalProperties: false } as const;
/** One line, kept in the clear. */
const Line = (maxLength: number, description: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
    description,
  });
const Id = (description: string) => Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 100, description })));

/** Characters of a pushed message; `readBodies` bounds the bytes. */
const MAX_CONTENT = 1_048_576;

export const PushBody = Type.Object(
  {
    totp_identifier: Line(1024, 'The address or number the code was sent to'),
    content: Type.String({
      minLength: 1,
      maxLength: MAX_CONTENT,
      pattern: '\\S',
      description: 'The code itself (up to 10 characters), or the whole mail or SMS it is in, as plain text or HTML',
    }),
    type: Type.Optional(Nullable(Type.Enum(OTP_TYPES, { description: 'What to look for; left out, it is detected' }))),
    source: Type.Optional(Nullable(Line(200, 'Where it came from, for the list'))),
    workflow_run_id: Id('The run it is for'),
    workflow_id: Id('The workflow whose run it is for (wpid_… or w_…)'),
    task_id: Id('The run it is for, by the name other services give it'),
    expired_at: Type.Optional(Nullable(Type.String({ format: 'date-time', description: 'When it stops being valid' }))),
  },
  strict,
);

export const CodeQuery = Type.Object(
  {
    totp_identifier: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    workflow_run_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    otp_type: Type.Optional(Type.Enum(OTP_TYPES)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);

export const CodeSchema = Type.Object({
  totp_code_id: Type.String(),
  totp_identifier: Type.String(),
  code: Nullable(Type.String({ description: 'While it waits, for keys with codes:read' })),
  otp_type: Type.Enum(OTP_TYPES),
  organization_id: Type.String(),
  workflow_run_id: Nullable(Type.String()),
  workflow_id: Nullable(Type.String()),
  task_id: Nullable(Type.String()),
  source: Nullable(Type.String()),
  sender_verdict: Nullable(
    Type.Enum(SENDER_VERDICTS, { description: 'What DKIM, SPF and DMARC say of the mail it came in' }),
  ),
  state: Type.Enum(CODE_STATES),
  used_by_run_id: Nullable(Type.String()),
  matched_by: Nullable(Type.Enum(MATCHES)),
  created_at: Time,
  modified_at: Time,
  expired_at: Time,
});
