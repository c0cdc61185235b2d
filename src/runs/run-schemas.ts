import Type from 'typebox';
import { OUTCOME_CODES } from '../login/outcome.ts';
import { JsonObject, Nullable, Time } from '../schema.ts';
import { AWAITED, CHANNELS, RUN_STATUSES } from './run.ts';

export const OutcomeSchema = Type.Enum(OUTCOME_CODES);

/** What the caller expects to happen: one outcome code or several. */
export const ExpectSchema = Type.Union([OutcomeSchema, Type.Array(OutcomeSchema, { minItems: 1, maxItems: 26 })], {
  description: 'One outcome code or several; `logged_in` when left out, which `already_logged_in` also meets',
});

export const UrlSchema = Type.String({ minLength: 1, maxLength: 2048, description: 'The login page' });
export const TotpUrlSchema = Type.String({ minLength: 1, maxLength: 2048 });

export const StatusSchema = Type.Enum(RUN_STATUSES);

const EvidenceSchema = Type.Object({
  signal: Type.String(),
  weight: Type.Number(),
  text: Type.String(),
  artifact: Type.Optional(Type.String()),
});

const AwaitingSchema = Type.Object(
  {
    kind: Type.Enum(AWAITED),
    channel: Type.Enum(CHANNELS),
    identifier: Nullable(Type.String()),
    number: Type.Optional(Nullable(Type.String({ description: 'To be matched on the other device' }))),
    since: Type.String({ format: 'date-time' }),
    deadline: Type.String({ format: 'date-time' }),
  },
  { description: 'What a running run waits for' },
);

export const RunSchema = Type.Object({
  credential_id: Type.String(),
  workflow_run_id: Type.String(),
  status: StatusSchema,
  failure_reason: Nullable(Type.String()),
  browser_profile_id: Nullable(Type.String()),
  tested_url: Nullable(Type.String()),
  browser_profile_failure_reason: Nullable(Type.String()),
  outcome: Nullable(OutcomeSchema),
  outcome_details: Nullable(JsonObject),
  verdict: Nullable(Type.Enum(['passed', 'failed', 'unknown'])),
  password_proven: Nullable(Type.Boolean()),
  site_message: Nullable(Type.String()),
  evidence: Type.Array(EvidenceSchema),
  terminate_rule: Nullable(Type.String()),
  awaiting: Nullable(AwaitingSchema),
  submissions: Type.Object({ identifier: Type.Integer(), password: Type.Integer(), code: Type.Integer() }),
  steps: Type.Integer(),
  created_at: Time,
  started_at: Nullable(Time),
  judged_at: Nullable(Time),
  finished_at: Nullable(Time),
});

/** A run by itself: besides what a test answers, where it came from and what it left. */
export const RunDetailSchema = Type.Object({
  ...RunSchema.properties,
  workflow_permanent_id: Type.String(),
  url: Type.String(),
  expect: Type.Array(OutcomeSchema),
  timings: Nullable(Type.Record(Type.String(), Type.Number())),
  artifacts: Type.Array(Type.Object({ name: Type.String(), content_type: Type.String(), size: Type.Integer() })),
});

export const StartedSchema = Type.Object({
  credential_id: Type.String(),
  workflow_run_id: Type.String(),
  status: Type.Literal('running'),
});

export const CancelSchema = Type.Object({
  status: Type.Enum(['canceled', 'cancel_failed']),
});
