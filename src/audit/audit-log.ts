import { type ErrorCode, KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Models, OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { AuditEvent } from '../storage/rows.ts';
import {
  type Actor,
  type AuditAction,
  type AuditDetails,
  type AuditResult,
  type HashedEvent,
  hashEvent,
  NO_HASH,
} from './audit-event.ts';

/** What is written down of one thing that was done. */
export interface AuditEntry {
  actor: Actor;
  action: AuditAction;
  /** The id of what it was done to. */
  subject: string | null;
  /** The id of what else it concerns: the credential of a run, the run that a secret was read for. */
  related?: string | null;
  /** `ok` when left out. */
  result?: AuditResult;
  error_code?: ErrorCode | null;
  details?: AuditDetails;
}

function canBegin(db: OrganizationModels): db is OrganizationDb {
  return 'transaction' in db;
}

/**
 * Adds an event to an organization's log, in the caller's transaction: it is there if and only if what it records is.
 * The sequence comes from an increment on the organization's row, which stays locked until the transaction ends, so
 * writers on several machines take turns and the chain never forks. Make it the last statement of the transaction:
 * whoever waits for that row then holds whatever it locked before, and nobody waits for those the other way round.
 */
async function append(tx: Models, organizationId: string, entry: AuditEntry): Promise<AuditEvent> {
  const where = { id: organizationId };
  const [end] = await tx.organization.updateManyAndReturn({ where, data: { audit_sequence: { increment: 1 } } });
  if (!end) throw new KeyturnError('internal', { detail: 'There is no organization to write an audit event for.' });
  const event: HashedEvent = {
    organization_id: organizationId,
    sequence: end.audit_sequence,
    id: newId('auditEvent'),
    at: new Date(),
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    related: entry.related ?? null,
    result: entry.result ?? 'ok',
    error_code: entry.error_code ?? null,
    details: { ...entry.details },
    previous_hash: end.audit_hash || NO_HASH,
  };
  const hash = hashEvent(event);
  const row = await tx.auditEvent.create({ data: { ...event, details: toJson(event.details), hash } });
  await tx.organization.updateMany({ where, data: { audit_hash: hash } });
  return row;
}

/** Adds an event to the log of the caller's organization: in the transaction that is given, else in one of its own. */
async function write(db: OrganizationModels, entry: AuditEntry): Promise<AuditEvent> {
  if (!canBegin(db)) return append(db, db.organizationId, entry);
  return db.transaction((tx) => append(tx, tx.organizationId, entry));
}

/**
 * Writes down that a secret is about to be read. Await it before the secret is asked for: without the row it must not
 * be read, so a failure is thrown as `unavailable`. A read that fails afterwards is worth a second event.
 */
async function recordRead(db: OrganizationModels, entry: Omit<AuditEntry, 'result' | 'error_code'>): Promise<void> {
  try {
    await write(db, entry);
  } catch (error) {
    throw new KeyturnError('unavailable', {
      detail: 'The audit log cannot be written, so the secret was not read.',
      cause: error,
    });
  }
}

/** The log of who did what. Events are only ever added. */
export const AuditLog = Object.freeze({ append, write, recordRead });
