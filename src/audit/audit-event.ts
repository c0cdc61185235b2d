import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { ErrorCode } from '../errors.ts';
import type { AuditEvent } from '../storage/rows.ts';
import { lengthPrefixed } from '../vaults/seal.ts';

/** Everything an audit event can say was done. */
export const AUDIT_ACTIONS = [
  'credential.created',
  'credential.updated',
  'credential.patched',
  'credential.deleted',
  'secret.read',
  'code.read',
  'run.started',
  'run.canceled',
  'run.finished',
  'profile.imported',
  'profile.read',
  'profile.exported',
  'profile.patched',
  'profile.deleted',
  'api_key.created',
  'api_key.revoked',
  'signing_secret.created',
  'signing_secret.removed',
  'sms_webhook.created',
  'sms_webhook.removed',
  'vault_config.created',
  'vault_config.invalidated',
  'vault_config.checked',
  'settings.changed',
  'data_key.rotated',
  'data_key.destroyed',
  'master_key.rotated',
  'audit.exported',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `refused`: the caller was told no (status 4xx); `failed`: it could not be done (5xx). */
export const AUDIT_RESULTS = ['ok', 'refused', 'failed'] as const;
export type AuditResult = (typeof AUDIT_RESULTS)[number];

/** Who did it: the id of an API key (`ak_…`), the service by itself, or the command line on the data folder. */
export type Actor = `ak_${string}` | 'service' | 'command_line';

/** Ids, counts and words of ours. Never a secret, and no text that a caller chose. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** The hash before the first event. */
export const NO_HASH = '0'.repeat(64);

/** What is hashed of an event: all of it but the hash itself. */
export type HashedEvent = Omit<AuditEvent, 'hash' | 'details'> & { details: unknown };

/**
 * The hash of an event: SHA-256, in lower-case hex, of these fields in this order, each as UTF-8 behind its length in
 * bytes (32 bits, big-endian): the words `keyturn audit 1`, previous_hash, organization_id, sequence (decimal), id, at
 * (ISO 8601, UTC, milliseconds), actor, action, subject, related, result, error_code (null is the empty text), details
 * (JSON without blanks, members sorted by name). `previous_hash` is the hash of the event with the sequence before, 64
 * zeros for the first. So no event can be changed, left out, put in or moved without the hashes after it changing.
 */
export function hashEvent(event: HashedEvent): string {
  const fields = [
    'keyturn audit 1',
    event.previous_hash,
    event.organization_id,
    String(event.sequence),
    event.id,
    event.at.toISOString(),
    event.actor,
    event.action,
    event.subject ?? '',
    event.related ?? '',
    event.result,
    event.error_code ?? '',
    canonicalJson(event.details),
  ];
  return createHash('sha256').update(lengthPrefixed(fields)).digest('hex');
}

/** An event as it is read and exported, with all that its hash needs. `at` is ISO 8601 UTC. */
export interface AuditEventView {
  audit_event_id: string;
  organization_id: string;
  sequence: number;
  at: string;
  actor: Actor;
  action: AuditAction;
  subject: string | null;
  related: string | null;
  result: AuditResult;
  error_code: ErrorCode | null;
  details: Record<string, unknown>;
  previous_hash: string;
  hash: string;
}

export function auditEventView(row: AuditEvent): AuditEventView {
  return {
    audit_event_id: row.id,
    organization_id: row.organization_id,
    sequence: row.sequence,
    at: row.at.toISOString(),
    actor: row.actor as Actor,
    action: row.action as AuditAction,
    subject: row.subject,
    related: row.related,
    result: row.result as AuditResult,
    error_code: row.error_code as ErrorCode | null,
    details: row.details as Record<string, unknown>,
    previous_hash: row.previous_hash,
    hash: row.hash,
  };
}
