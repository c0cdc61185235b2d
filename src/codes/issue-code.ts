import { setTimeout as sleep } from 'node:timers/promises';
import type { OrganizationModels } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import { codeAt, normalizeSeed, periodOf, timeStepAt } from './totp.ts';

/** A code must still have this long to live when it is handed out: typing, sending and checking it takes time. */
const MIN_LEFT_MS = 4_000;
/** Servers accept a code some steps late; for so long the row that says it is used is kept. */
const KEEP_STEPS = 10;

export interface CodeServices {
  /** Keyed hash under the organization's key, hex. */
  hmac(db: OrganizationModels, purpose: string, text: string): Promise<string>;
}

export interface CodeRequest {
  /** Base32 or otpauth:// address. */
  seed: string;
  runId: string;
  /** Unix milliseconds; the machine's clock when left out. */
  now?: () => number;
  /** How far the clock of the site that checks the code is ahead of ours, in milliseconds. */
  clockOffsetMs?: number;
  /** Resolves at a moment (Unix milliseconds) or rejects when the signal fires. */
  sleepUntil?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  signal?: AbortSignal;
  /** Told once, before the first wait, when this half minute's code is the caller's no more. */
  onWait?: (until: Date) => Promise<void>;
}

export interface IssuedCode {
  code: string;
  /** When its time step ends. */
  expires_at: Date;
}

async function sleepUntilTime(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(Math.max(0, ms - Date.now()), undefined, { signal });
}

/**
 * The next code of a seed that has 4 s to live and was never handed out: one code is never used twice for an account
 * (RFC 6238 §5.2), whatever run asks. Waits for later time steps when it has to. Throws `invalid_totp`, or the signal's
 * reason. Not for use inside a transaction: losing the race for a step would abort it on PostgreSQL.
 */
export async function nextCode(
  services: CodeServices,
  db: OrganizationModels,
  request: CodeRequest,
): Promise<IssuedCode> {
  const { runId, clockOffsetMs = 0, sleepUntil = sleepUntilTime, signal } = request;
  const own = request.now ?? Date.now;
  const now = (): number => own() + clockOffsetMs;
  let { onWait } = request;
  const seed = normalizeSeed(request.seed);
  const accountKey = await services.hmac(db, 'used code', seed);
  while (true) {
    signal?.throwIfAborted();
    const { step, endsAt } = timeStepAt(seed, now());
    // Looked at once more after the row is written: the write may have waited for its turn.
    const taken =
      endsAt - now() >= MIN_LEFT_MS &&
      (await takeStep(db, accountKey, step, runId, new Date(endsAt + KEEP_STEPS * periodOf(seed) * 1000)));
    if (taken && endsAt - now() >= MIN_LEFT_MS) {
      return { code: codeAt(seed, step * periodOf(seed) * 1000), expires_at: new Date(endsAt) };
    }
    await onWait?.(new Date(endsAt - clockOffsetMs));
    onWait = undefined;
    await sleepUntil(endsAt - clockOffsetMs, signal);
  }
}

/** True when this caller is the one that may use the step's code. */
async function takeStep(
  db: OrganizationModels,
  accountKey: string,
  step: number,
  runId: string,
  expiresAt: Date,
): Promise<boolean> {
  try {
    await db.usedCode.create({
      data: {
        organization_id: db.organizationId,
        account_key: accountKey,
        time_step: BigInt(step),
        run_id: runId,
        expires_at: expiresAt,
      },
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Recovery codes are good once, for ever. */
const NEVER = new Date('9999-12-31T00:00:00Z');

/** The first code of the list that was never handed out, and how many are left after it; null when all are used. */
export async function nextRecoveryCode(
  services: CodeServices,
  db: OrganizationModels,
  request: { credentialId: string; codes: readonly string[]; runId: string },
): Promise<{ code: string; left: number } | null> {
  for (const [index, code] of request.codes.entries()) {
    const key = await services.hmac(db, 'used recovery code', JSON.stringify([request.credentialId, code]));
    if (!(await takeStep(db, key, 0, request.runId, NEVER))) continue;
    return { code, left: request.codes.length - index - 1 };
  }
  return null;
}

/** Forgets used codes nobody would accept any more. `db` may be one organization or the sweeper's view of all. */
export async function removeExpiredCodes(db: Pick<OrganizationModels, 'usedCode'>, now: Date): Promise<number> {
  const { count } = await db.usedCode.deleteMany({ where: { expires_at: { lt: now } } });
  return count;
}
