import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { newId } from '../ids.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { Code } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { sealedById } from '../vaults/sealed-place.ts';
import { stateOf } from './code.ts';
import type { OtpType } from './extract/find-code.ts';
import { normalizeIdentifier } from './identifier.ts';
import type { SenderVerdict } from './sender-verdict.ts';

/** Codes are listed for this long. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

export interface CodeKeys extends Sealer {
  /** Keyed hash under the organization's key, hex. */
  hmac(db: OrganizationModels, purpose: string, text: string): Promise<string>;
}

/** A code that arrived, whichever way. */
export interface ArrivedCode {
  identifier: string;
  otpType: OtpType;
  code: string;
  /** The message it was found in; kept sealed until the code is used or expired, never shown. */
  content: string;
  source: string | null;
  /** Of a mail. */
  senderVerdict?: SenderVerdict | undefined;
  /** What the sender calls the message: it is not taken a second time. */
  messageId?: string | undefined;
  taskId: string | null;
  workflowId: string | null;
  runId: string | null;
  expiresAt: Date;
}

/** What becomes of a row's secret once it is no longer needed. */
export const ERASED = { sealed: null, data_key_id: null } as const;

const place = (id: string) => ({ record: id, field: 'code' });

export const SEALED_CODES = sealedById('code', place);

/** What tells that the same code came again for the same account. */
export function codeKey(keys: CodeKeys, db: OrganizationModels, identifier: string, code: string): Promise<string> {
  return keys.hmac(db, 'arrived code', JSON.stringify([normalizeIdentifier(identifier), code]));
}

/**
 * Writes a code that waits for its run; one of a mail whose sender is refuted is written down as one that nobody gets.
 * A message that came before is a unique violation.
 */
export async function storeCode(keys: CodeKeys, db: OrganizationModels, arrived: ArrivedCode): Promise<Code> {
  const id = newId('code');
  const now = new Date();
  const { messageId, senderVerdict = null } = arrived;
  const refused = senderVerdict === 'fail';
  const plain = Buffer.from(JSON.stringify({ code: arrived.code, content: arrived.content }), 'utf8');
  const sealed = await keys.seal(db, place(id), plain);
  plain.fill(0);
  return db.code.create({
    data: {
      id,
      organization_id: db.organizationId,
      totp_identifier: arrived.identifier,
      identifier_key: normalizeIdentifier(arrived.identifier),
      otp_type: arrived.otpType,
      source: arrived.source,
      sender_verdict: senderVerdict,
      message_key: messageId === undefined ? null : await keys.hmac(db, 'arrived message', messageId),
      task_id: arrived.taskId,
      workflow_id: arrived.workflowId,
      workflow_run_id: arrived.runId,
      state: refused ? 'expired' : 'waiting',
      ...(refused ? ERASED : sealed),
      code_key: await codeKey(keys, db, arrived.identifier, arrived.code),
      created_at: now,
      modified_at: now,
      expired_at: arrived.expiresAt,
    },
  });
}

/** The code of a row that still holds it. Throws `unseal_failed`. */
export async function openCode(keys: CodeKeys, db: OrganizationModels, row: Code): Promise<string | null> {
  if (row.sealed === null || row.data_key_id === null) return null;
  const plain = await keys.open(db, { ...place(row.id), data_key_id: row.data_key_id }, row.sealed);
  try {
    return (JSON.parse(plain.toString('utf8')) as { code: string }).code;
  } finally {
    plain.fill(0);
  }
}

/** The code a run was given: read once, and erased by the same call. Null while there is none. */
export async function takeCode(
  keys: CodeKeys,
  db: OrganizationModels,
  runId: string,
): Promise<{ row: Code; code: string } | null> {
  const row = await db.code.findFirst({
    where: { used_by_run_id: runId, sealed: { not: null } },
    orderBy: { modified_at: 'asc' },
  });
  if (!row) return null;
  await AuditLog.recordRead(db, { actor: 'service', action: 'code.read', subject: row.id, related: runId });
  const code = await openCode(keys, db, row);
  const { count } = await db.code.updateMany({ where: { id: row.id, sealed: { not: null } }, data: { ...ERASED } });
  return count === 1 && code !== null ? { row, code } : null;
}

export interface CodeFilter {
  identifier?: string | undefined;
  runId?: string | undefined;
  otpType?: OtpType | undefined;
}

/** Newest first. A run's codes are those named for it and those it used. */
export async function listCodes(db: OrganizationModels, filter: CodeFilter, limit: number): Promise<Code[]> {
  const { identifier, runId, otpType } = filter;
  return db.code.findMany({
    where: {
      ...(identifier !== undefined && { identifier_key: normalizeIdentifier(identifier) }),
      ...(otpType !== undefined && { otp_type: otpType }),
      ...(runId !== undefined && { OR: [{ workflow_run_id: runId }, { used_by_run_id: runId }] }),
    },
    orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
    take: limit,
  });
}

/** The code of a row for who may see it: only while it waits, and only once the log says who did. */
export async function visibleCode(
  keys: CodeKeys,
  db: OrganizationModels,
  row: Code,
  { now, actor }: { now: Date; actor: Actor },
): Promise<string | null> {
  if (stateOf(row, now) !== 'waiting' || row.sealed === null) return null;
  await AuditLog.recordRead(db, { actor, action: 'code.read', subject: row.id });
  return openCode(keys, db, row);
}

/** What the sweeper does: codes nobody took in time lose their secret, old rows go. `db` is its view of all. */
export async function sweepCodes(db: Pick<OrganizationModels, 'code'>, now: Date): Promise<void> {
  await db.code.updateMany({
    where: { state: 'waiting', expired_at: { lte: now } },
    data: { state: 'expired', modified_at: now, ...ERASED },
  });
  // The same code may come again by chance once this one is over.
  await db.code.updateMany({
    where: { state: 'used', expired_at: { lte: now }, OR: [{ claimed_key: { not: null } }, { sealed: { not: null } }] },
    data: { claimed_key: null, ...ERASED },
  });
  await db.code.deleteMany({ where: { created_at: { lt: new Date(now.getTime() - KEEP_MS) } } });
}

/** A run is over: nobody may take the codes that were named for it, and it waits for none. */
export async function endCodesOf(tx: OrganizationModels, runId: string): Promise<void> {
  const now = new Date();
  await tx.codeWait.deleteMany({ where: { run_id: runId } });
  await tx.code.updateMany({
    where: { workflow_run_id: runId, state: 'waiting' },
    data: { state: 'expired', modified_at: now, ...ERASED },
  });
  await tx.code.updateMany({ where: { used_by_run_id: runId, sealed: { not: null } }, data: { ...ERASED } });
}
