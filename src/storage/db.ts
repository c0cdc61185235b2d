import type { PrismaClient } from './generated/sqlite/client.ts';

export const MODEL_NAMES = [
  'organization',
  'dataKey',
  'apiKey',
  'credential',
  'vaultItem',
  'vaultConfig',
  'vaultWrite',
  'workflow',
  'run',
  'runEvent',
  'artifact',
  'browserProfile',
  'lease',
  'siteStart',
  'attempt',
  'usedCode',
  'passkeyCounter',
  'mailboxToken',
  'code',
  'codeWait',
  'signingSecret',
  'smsWebhook',
  'idempotencyKey',
  'auditEvent',
] as const;

/** What belongs to no organization: how often one logs in at a site is counted for all of them together. */
const SHARED_MODELS = ['siteStart'] as const;

export type OrganizationModelName = Exclude<(typeof MODEL_NAMES)[number], (typeof SHARED_MODELS)[number]>;

/** The models whose rows belong to organizations. */
export const ORGANIZATION_MODEL_NAMES = MODEL_NAMES.filter(
  (name): name is OrganizationModelName => !SHARED_MODELS.some((shared) => shared === name),
);

/** The models whose rows belong to organizations, without raw queries: those stay inside this folder. */
export type Models = Pick<PrismaClient, OrganizationModelName>;

/** The same with what belongs to none. */
export type AllModels = Pick<PrismaClient, (typeof MODEL_NAMES)[number]>;

export type Dialect = 'sqlite' | 'postgresql';

/**
 * The models of one organization: `organization_id` is added to every where and checked in every create. Stores take
 * this type, so a query cannot forget its organization. It is either the database or a transaction on it; inside a
 * transaction use only the one that was handed in (the embedded database has one writer, and would wait for itself).
 */
export interface OrganizationModels extends Models {
  readonly organizationId: string;
}

export interface OrganizationDb extends OrganizationModels {
  transaction<T>(work: (tx: OrganizationModels) => Promise<T>): Promise<T>;
}

/** Why a caller may look across organizations. A test lists who uses which. */
export const SYSTEM_REASONS = [
  'authentication',
  'dispatch',
  'arrival',
  'sweep',
  'setup',
  'key-rotation',
  'metrics',
  'command-line',
] as const;
export type SystemReason = (typeof SYSTEM_REASONS)[number];

export interface SystemDb extends AllModels {
  transaction<T>(work: (tx: AllModels) => Promise<T>): Promise<T>;
}

/** The two databases behind one type. */
export interface Database {
  readonly dialect: Dialect;
  /** Whether the database itself keeps organizations apart too: SQLite cannot, and some roles of PostgreSQL are exempt. */
  readonly rowSecurity: 'none' | 'enforced' | 'bypassed';
  forOrganization(id: string): OrganizationDb;
  asSystem(reason: SystemReason): SystemDb;
  /** Does something that only one process of all that share the database may do at a time. Not inside a transaction. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** The time by the one clock of all that share the database. Like every wall clock it may jump. */
  now(): Promise<Date>;
  /** Rejects `database_unreachable` when it does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Hands out queued runs. The run row is the truth; the queue is only a wake-up. */
export interface RunQueue {
  /** Written in the same transaction as the run (alone: nothing to write). */
  announce(tx: OrganizationModels, runId: string): Promise<void>;
  /** After that transaction committed (many machines: the queue itself wakes). */
  committed(): void;
  /** Calls `onWake` whenever there may be a queued run. */
  listen(onWake: () => void): Promise<void>;
  close(): Promise<void>;
}

export type BusMessage =
  /** `events_only`: what a poll of it tells is as before. */
  | { type: 'run'; run_id: string; events_only?: boolean }
  | { type: 'cancel'; run_id: string }
  /** A code was given to this waiting run. */
  | { type: 'code'; run_id: string }
  | { type: 'key-revoked'; api_key_id: string }
  /** Notices may have been missed: whoever waits for one looks at the row. Never sent to another machine. */
  | { type: 'resumed' };

/** Whether something that came from outside is a notice for other machines. */
export function isBusMessage(value: unknown): value is BusMessage {
  if (!(value instanceof Object) || !('type' in value)) return false;
  if (value.type === 'key-revoked') return 'api_key_id' in value && typeof value.api_key_id === 'string';
  if (value.type !== 'run' && value.type !== 'cancel' && value.type !== 'code') return false;
  return 'run_id' in value && typeof value.run_id === 'string';
}

/** Tells other parts of the service, and other machines, that something changed. Listeners look at the row. */
export interface Bus {
  publish(message: BusMessage): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (message: BusMessage) => void): () => void;
  close(): Promise<void>;
}

export interface Storage {
  readonly database: Database;
  readonly queue: RunQueue;
  readonly bus: Bus;
  /** Closes queue, bus and database and frees the data folder's lock. */
  close(): Promise<void>;
}
