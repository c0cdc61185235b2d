import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { RECORD_KINDS } from '../browser/recorder.ts';
import { EgressAccessSchema } from '../egress/egress-access.ts';
import { type EgressTrouble, EgressTroubleSchema } from '../egress/egress-trouble.ts';
import { ERRORS, type ErrorCode, KeyturnError } from '../errors.ts';
import { OUTCOME_CODES, STAGES } from '../login/outcome.ts';
import { JsonObject, Nullable } from '../schema.ts';
import {
  type PlanAnswerMessage,
  PlanAnswerSchema,
  type PlanRequestMessage,
  PlanRequestSchema,
} from './plan-message.ts';

/**
 * All that crosses between the main thread and a login worker: structured-cloneable data, parsed on arrival on both
 * sides. Down goes a LoginJob with one end of a MessagePort; over the port run the worker's requests and notices and
 * main's answers; the task's return value is the JobReply.
 */

const Code = Type.Enum(OUTCOME_CODES);
const StageName = Type.Enum(STAGES);

export const SessionStateSchema = Type.Object({
  storage_state: Type.Unknown(),
  session_storage: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
  passkeys: Type.Array(Type.Unknown()),
  context_options: JsonObject,
  landing_url: Nullable(Type.String()),
});

export const LoginJobSchema = Type.Object({
  run_id: Type.String(),
  task: Type.Object({
    url: Type.String(),
    url_is_secret: Type.Boolean(),
    goal: Type.Union([Type.Literal('fresh'), Type.Literal('check_first')]),
    check_url: Nullable(Type.String()),
    has_username: Type.Boolean(),
    has_password: Type.Boolean(),
    totp_type: Type.Union([
      Type.Literal('authenticator'),
      Type.Literal('email'),
      Type.Literal('text'),
      Type.Literal('none'),
    ]),
    code_ways: Type.Array(Type.Enum(['authenticator', 'email', 'text', 'recovery'])),
    passkey_rp_id: Nullable(Type.String()),
    extra_fields: Type.Array(Type.String()),
    allowed_origins: Type.Array(Type.String()),
    save_session: Type.Boolean(),
    limits: Type.Object({
      steps: Type.Integer({ minimum: 0 }),
      actions: Type.Integer({ minimum: 0 }),
      run_ms: Type.Integer({ minimum: 1 }),
      code_ms: Type.Integer({ minimum: 1 }),
    }),
  }),
  /** The session to start from; its context options win over the defaults. */
  session: Nullable(SessionStateSchema),
  /** What is recorded of the login. */
  record: Type.Enum(RECORD_KINDS),
  /** Whether main answers `plan`; else the engine does without. */
  planner: Type.Boolean(),
});
export type LoginJob = Static<typeof LoginJobSchema>;

/** What a worker thread is told once, at its start. */
export const WorkerSettingsSchema = Type.Object({
  executable: Type.String(),
  /** Browser temp folders and profiles go here. */
  temp_dir: Type.String(),
  /** Busy runs at a time in this thread. */
  busy_runs: Type.Integer({ minimum: 1 }),
  egress: EgressAccessSchema,
});
export type WorkerSettings = Static<typeof WorkerSettingsSchema>;

/** See CodeQuestion of the engine's ports. */
export const CodeQuestionSchema = Type.Object({
  kind: Type.Union([Type.Literal('code'), Type.Literal('magic_link')]),
  since: Type.Number(),
  recovery: Type.Boolean(),
  clock_offset_ms: Nullable(Type.Number()),
});

export const WorkerRequestSchema = Type.Union([
  Type.Object({ kind: Type.Literal('need-credential') }),
  Type.Object({ kind: Type.Literal('may-submit'), stage: StageName, origin: Type.String() }),
  Type.Object({ kind: Type.Literal('need-code'), question: CodeQuestionSchema }),
  Type.Object({ kind: Type.Literal('plan'), plan: PlanRequestSchema }),
  Type.Object({ kind: Type.Literal('need-passkey') }),
]);
export type WorkerRequest = Static<typeof WorkerRequestSchema>;

export const UpMessageSchema = Type.Union([
  Type.Object({ type: Type.Literal('request'), id: Type.Integer(), request: WorkerRequestSchema }),
  Type.Object({
    type: Type.Literal('event'),
    event: Type.Object({
      event: Type.Union([Type.Literal('stage'), Type.Literal('step'), Type.Literal('awaiting')]),
      data: JsonObject,
    }),
  }),
  Type.Object({ type: Type.Literal('artifact'), name: Type.String(), bytes: Type.Unsafe<Uint8Array>(Type.Unknown()) }),
  /** As it was recorded: full of secrets. */
  Type.Object({
    type: Type.Literal('recording'),
    kind: Type.Union([Type.Literal('har'), Type.Literal('trace')]),
    bytes: Type.Unsafe<Uint8Array>(Type.Unknown()),
  }),
  /** The run has a context: its process group may be killed when the run does not end by itself (0: not known). */
  Type.Object({ type: Type.Literal('context-opened'), pid: Type.Integer(), pass: Type.String() }),
  /** The passkey is out of the browser: nothing signs with it any more, and its counter came this far. */
  Type.Object({ type: Type.Literal('passkey-settled'), sign_count: Type.Integer({ minimum: 0 }) }),
  Type.Object({ type: Type.Literal('context-closed') }),
]);
export type UpMessage = Static<typeof UpMessageSchema>;

export const CredentialAnswerSchema = Type.Object({
  username: Type.String(),
  password: Type.String(),
  extra_fields: Type.Record(Type.String(), Type.String()),
  start_url: Nullable(Type.String()),
});
export const PermissionAnswerSchema = Type.Union([
  Type.Object({ granted: Type.Literal(true) }),
  Type.Object({
    granted: Type.Literal(false),
    reason: Type.Union([Type.Literal('origin_denied'), Type.Literal('already_started'), Type.Literal('over')]),
  }),
  Type.Object({
    granted: Type.Literal(false),
    reason: Type.Union([Type.Literal('known_rejected'), Type.Literal('cooldown')]),
    details: JsonObject,
  }),
]);
const Notes = Type.Array(Type.String());
export const CodeAnswerSchema = Type.Union([
  Type.Object({ code: Type.String(), recovery: Type.Optional(Type.Boolean()), notes: Notes }),
  Type.Object({ missing: Type.Literal(true), notes: Notes }),
  Type.Object({ timed_out: Type.Literal(true), notes: Notes }),
]);

/** Null: the credential holds none any more, or the run is over. */
export const PasskeyAnswerSchema = Nullable(
  Type.Object({
    id: Type.String(),
    rp_id: Type.String(),
    user_handle: Type.String(),
    private_key: Type.String(),
    sign_count: Type.Integer({ minimum: 0 }),
  }),
);
export type PasskeyAnswer = Static<typeof PasskeyAnswerSchema>;

const FailureSchema = Type.Object({ code: Type.String(), detail: Type.String() });

export const ABORT_REASONS = ['canceled', 'timed_out', 'shutdown'] as const;
export type AbortReason = (typeof ABORT_REASONS)[number];
const AbortReasonSchema = Type.Enum(ABORT_REASONS);

export const DownMessageSchema = Type.Union([
  Type.Object({ type: Type.Literal('answer'), id: Type.Integer(), answer: Type.Unknown() }),
  Type.Object({ type: Type.Literal('refuse'), id: Type.Integer(), error: FailureSchema }),
  Type.Object({ type: Type.Literal('abort'), reason: AbortReasonSchema }),
  /** The egress proxy did not connect one of the run's contexts. */
  Type.Object({ type: Type.Literal('egress'), trouble: EgressTroubleSchema }),
]);
export type DownMessage = Static<typeof DownMessageSchema>;

const LoginOutcomeSchema = Type.Object({
  code: Code,
  details: Nullable(JsonObject),
  site_message: Nullable(Type.String()),
  evidence: Type.Array(
    Type.Object({
      signal: Type.String(),
      weight: Type.Number(),
      text: Type.String(),
      artifact: Type.Optional(Type.String()),
    }),
  ),
  rule: Nullable(
    Type.Union([
      Type.Literal('error_after_attempt'),
      Type.Literal('asks_for_more'),
      Type.Literal('submitted_without_success'),
    ]),
  ),
  password_proven: Type.Boolean(),
  submissions: Type.Object({ identifier: Type.Integer(), password: Type.Integer(), code: Type.Integer() }),
  steps: Type.Integer(),
  stage: Nullable(StageName),
  landing_url: Nullable(Type.String()),
  origins: Type.Array(Type.String()),
  session: Nullable(SessionStateSchema),
  session_failure: Nullable(Type.String()),
  judged_at: Type.Number(),
  timings: Type.Record(Type.String(), Type.Number()),
});

/** How a job ended: the engine's outcome, our own failure, or an abort (with what had been reached by then). */
export const JobReplySchema = Type.Union([
  Type.Object({ kind: Type.Literal('outcome'), outcome: LoginOutcomeSchema }),
  Type.Object({ kind: Type.Literal('error'), error: FailureSchema }),
  Type.Object({ kind: Type.Literal('aborted'), reason: AbortReasonSchema, stage: Nullable(StageName) }),
]);
export type JobReply = Static<typeof JobReplySchema>;

/** Main's side of a run: answers the worker's requests, takes its notices. A rejection crosses as a refusal. */
export interface JobHandlers {
  needCredential(): Promise<Static<typeof CredentialAnswerSchema>>;
  maySubmit(stage: (typeof STAGES)[number], origin: string): Promise<Static<typeof PermissionAnswerSchema>>;
  needCode(question: Static<typeof CodeQuestionSchema>): Promise<Static<typeof CodeAnswerSchema>>;
  /** Asked only where the job says that there is a planner. */
  plan(request: PlanRequestMessage): Promise<PlanAnswerMessage>;
  needPasskey(): Promise<PasskeyAnswer>;
  passkeySettled(signCount: number): void;
  /** The egress proxy did not connect one of the run's contexts to somewhere. */
  egressTrouble(trouble: EgressTrouble): void;
  event(event: Extract<UpMessage, { type: 'event' }>['event']): void;
  artifact(name: string, bytes: Uint8Array): void;
  /** What was recorded of the login, with every secret in it. */
  recording(kind: 'har' | 'trace', bytes: Uint8Array): void;
  /** Every context of the run is closed: the account may be used again. Called exactly once, also after a kill. */
  contextClosed(): void;
}

/** Jobs a thread takes at a time, waiting ones included: each has a context of 23–85 MB. */
export const JOBS_PER_THREAD = 32;

/** The state of what runs jobs. */
export interface PoolHealth {
  /** Threads there should be, and how many of them are there and hear. */
  threads: number;
  answering: number;
  /** Threads whose browser did not start when that was last tried. */
  browserless: number;
  /** Jobs under way, those that wait for a code or a thread included. */
  runs: number;
  /** Since the start: threads that ended before their time (each was replaced), browsers started in place of dead ones. */
  threads_lost: number;
  browsers_restarted: number;
}

/** What runs a job: worker threads in the service, the calling thread in the command line's and tests' inline form. */
export interface LoginExecutor {
  /** Resolves in every case; never rejects. `abort` is honoured by message first, by killing browser and thread last. */
  execute(job: LoginJob, handlers: JobHandlers, abort: AbortSignal): Promise<JobReply>;
  /** For /health/ready: rejects KeyturnError `no_browser` / `unavailable` when jobs cannot run. */
  check(): Promise<void>;
  /** How the pool is, as counters since its start and as it is now. */
  health(): PoolHealth;
  close(): Promise<void>;
}

const validators = {
  job: Compile(LoginJobSchema),
  settings: Compile(WorkerSettingsSchema),
  up: Compile(UpMessageSchema),
  down: Compile(DownMessageSchema),
  reply: Compile(JobReplySchema),
  credential: Compile(CredentialAnswerSchema),
  permission: Compile(PermissionAnswerSchema),
  code: Compile(CodeAnswerSchema),
  plan: Compile(PlanAnswerSchema),
  passkey: Compile(PasskeyAnswerSchema),
};

type Parsed = {
  job: LoginJob;
  settings: WorkerSettings;
  up: UpMessage;
  down: DownMessage;
  reply: JobReply;
  credential: Static<typeof CredentialAnswerSchema>;
  permission: Static<typeof PermissionAnswerSchema>;
  code: Static<typeof CodeAnswerSchema>;
  plan: PlanAnswerMessage;
  passkey: PasskeyAnswer;
};

/** Parses what arrived over the boundary. Throws `internal` naming the place, never the value (it may be a secret). */
export function parse<K extends keyof Parsed>(kind: K, value: unknown): Parsed[K] {
  const validator = validators[kind];
  if (validator.Check(value)) return value as Parsed[K];
  const first = validator.Errors(value)[0];
  throw new KeyturnError('internal', {
    detail: `A malformed ${kind} message crossed the thread boundary${first ? ` at ${first.instancePath || '/'}` : ''}.`,
  });
}

/** A failure as it crosses: only our own code and sentence, so that no foreign error text carries a secret along. */
export function toFailure(error: unknown): { code: ErrorCode; detail: string } {
  if (error instanceof KeyturnError) return { code: error.code, detail: error.message };
  return { code: 'internal', detail: ERRORS.internal.sentence };
}

/** The KeyturnError of a failure that crossed. */
export function fromFailure(failure: { code: string; detail: string }): KeyturnError {
  const code = Object.hasOwn(ERRORS, failure.code) ? (failure.code as ErrorCode) : 'internal';
  return new KeyturnError(code, { detail: failure.detail });
}
