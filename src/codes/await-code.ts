import { newId } from '../ids.ts';
import { Changes } from '../storage/changes.ts';
import type { Bus, OrganizationDb } from '../storage/db.ts';
import type { Code, CodeWait } from '../storage/rows.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import { untilDatabaseAnswers } from '../storage/until-database-answers.ts';
import { type CodeKeys, codeKey, takeCode } from './code-store.ts';
import type { OtpType } from './extract/find-code.ts';
import { normalizeIdentifier } from './identifier.ts';
import { matchWaiting } from './match-codes.ts';
import type { SenderVerdict } from './sender-verdict.ts';

/** A code is looked for at least this often: the word of it may be lost with the database's connection. */
const LOOK_MS = 2_000;

/** A run that waits for a code. */
export interface CodeWish {
  runId: string;
  workflowId: string;
  /** The address or number codes are sent to; null: only codes named for the run or its workflow. */
  identifier: string | null;
  otpType: OtpType;
  /** Codes that arrived earlier belong to an earlier challenge. */
  codesFrom: Date;
  /** How long to wait, whatever the wall clock does meanwhile. */
  milliseconds: number;
  signal: AbortSignal;
}

/** A code as a run gets it. `row` says how it was matched. */
export interface GivenCode {
  code: string;
  row: Pick<Code, 'id' | 'matched_by' | 'waiting_runs' | 'source' | 'sender_verdict'>;
}

/** Waits in the table of waiting runs until a code was given to the run. Null when the time is over. Throws the signal's reason. */
export async function awaitCode(
  keys: CodeKeys,
  db: OrganizationDb,
  bus: Bus,
  wish: CodeWish,
): Promise<GivenCode | null> {
  const { runId, signal } = wish;
  const wait: CodeWait = {
    organization_id: db.organizationId,
    run_id: runId,
    workflow_id: wish.workflowId,
    identifier_key: wish.identifier === null ? null : normalizeIdentifier(wish.identifier),
    otp_type: wish.otpType,
    codes_from: wish.codesFrom,
    since: new Date(),
  };
  using changes = new Changes(bus, (message) => message.type === 'code' && message.run_id === runId);
  const deadline = performance.now() + wish.milliseconds;
  await untilDatabaseAnswers(() => putInTable(db, wait), signal);
  try {
    await untilDatabaseAnswers(() => matchWaiting(db, bus, wait), signal);
    for (;;) {
      const given = await untilDatabaseAnswers(() => takeCode(keys, db, runId), signal);
      if (given) return given;
      signal.throwIfAborted();
      const left = deadline - performance.now();
      if (left <= 0) break;
      await changes.next(Math.min(left, LOOK_MS), signal);
    }
  } finally {
    await db.codeWait.deleteMany({ where: { run_id: runId } });
  }
  // Given at the last moment, while the wait was being taken back.
  return takeCode(keys, db, runId);
}

/** Once, also where the answer of a first try was lost. */
async function putInTable(db: OrganizationDb, wait: CodeWait): Promise<void> {
  await db.codeWait.deleteMany({ where: { run_id: wait.run_id } });
  await db.codeWait.create({ data: wait });
}

/**
 * Notes that a code which came straight to a run (asked for at an address) is used. False when the account has used this
 * very code already: an endpoint that repeats an old answer.
 */
export async function claimDirectly(
  keys: CodeKeys,
  db: OrganizationDb,
  arrived: {
    runId: string;
    identifier: string;
    otpType: OtpType;
    code: string;
    source: string;
    senderVerdict?: SenderVerdict;
    expiresAt: Date;
  },
): Promise<GivenCode | null> {
  const now = new Date();
  const key = await codeKey(keys, db, arrived.identifier, arrived.code);
  try {
    const row = await db.code.create({
      data: {
        id: newId('code'),
        organization_id: db.organizationId,
        totp_identifier: arrived.identifier,
        identifier_key: normalizeIdentifier(arrived.identifier),
        otp_type: arrived.otpType,
        source: arrived.source,
        sender_verdict: arrived.senderVerdict ?? null,
        workflow_run_id: arrived.runId,
        state: 'used',
        code_key: key,
        claimed_key: key,
        used_by_run_id: arrived.runId,
        matched_by: 'run',
        created_at: now,
        modified_at: now,
        expired_at: arrived.expiresAt,
      },
    });
    return { code: arrived.code, row };
  } catch (error) {
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}
