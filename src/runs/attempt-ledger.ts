import { newId } from '../ids.ts';
import type { OutcomeCode } from '../login/outcome.ts';
import { explainedByPlanner } from '../login/plan.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { Attempt, Run } from '../storage/rows.ts';

/** Milliseconds an attempt is remembered: longer than passwords usually live. */
const KEEP_MS = 400 * 24 * 60 * 60 * 1000;
/** A site that names a longer wait than this means "never", or is mistaken. */
const LONGEST_COOLDOWN_SECONDS = 7 * 24 * 60 * 60;

export type AttemptVerdict = 'unknown' | 'accepted' | 'refused';

export interface LedgerKeys {
  /** Keyed hash under the organization's key, hex. */
  hmac(db: OrganizationModels, purpose: string, text: string): Promise<string>;
}

/** What the ledger knows of a login before it is tried. */
export type Standing =
  | { kind: 'open' }
  | { kind: 'cooldown'; until: Date; siteMessage: string | null }
  | { kind: 'known_rejected'; at: Date; siteMessage: string | null; details: Record<string, unknown> | null };

/** One account at one origin, and the secret it would be tried with (read only when it matters). */
export interface Question {
  username: string | null;
  origin: string;
  password: () => Promise<string>;
}

function accountKey(keys: LedgerKeys, db: OrganizationModels, username: string | null): Promise<string> {
  return keys.hmac(db, 'account', (username ?? '').normalize('NFKC').toLowerCase());
}

function secretKey(keys: LedgerKeys, db: OrganizationModels, password: string): Promise<string> {
  return keys.hmac(db, 'attempted secret', password);
}

/**
 * Whether a login may be tried: not while a waiting time is running that the site named, and not with a secret that the
 * site refused when it was last judged. A secret that was accepted since is open again.
 */
export async function standingOf(
  keys: LedgerKeys,
  db: OrganizationModels,
  { username, origin, password }: Question,
  now = new Date(),
): Promise<Standing> {
  const here = {
    account_key: await accountKey(keys, db, username),
    OR: [{ origin }, { start_origin: origin }],
  };
  const waiting = await db.attempt.findFirst({
    where: { ...here, cooldown_until: { gt: now } },
    orderBy: { cooldown_until: 'desc' },
  });
  if (waiting?.cooldown_until) {
    return { kind: 'cooldown', until: waiting.cooldown_until, siteMessage: waiting.site_message };
  }
  const refusals = await db.attempt.count({ where: { ...here, verdict: 'refused' satisfies AttemptVerdict } });
  if (refusals === 0) return { kind: 'open' };
  const last = await db.attempt.findFirst({
    where: {
      ...here,
      secret_key: await secretKey(keys, db, await password()),
      verdict: { in: ['refused', 'accepted'] satisfies AttemptVerdict[] },
    },
    orderBy: [{ submitted_at: 'desc' }, { id: 'desc' }],
  });
  if (last?.verdict !== 'refused') return { kind: 'open' };
  const details = last.details as Record<string, unknown> | null;
  return { kind: 'known_rejected', at: last.submitted_at, siteMessage: last.site_message, details };
}

/** Notes that a password is about to be submitted. Until the run is judged the attempt's verdict is `unknown`. */
export async function noteAttempt(
  keys: LedgerKeys,
  tx: OrganizationModels,
  run: Run,
  attempt: { username: string | null; password: string; origin: string },
): Promise<void> {
  await tx.attempt.create({
    data: {
      ...(await rowOf(keys, tx, run, attempt.username, attempt.origin)),
      secret_key: await secretKey(keys, tx, attempt.password),
    },
  });
}

async function rowOf(keys: LedgerKeys, tx: OrganizationModels, run: Run, username: string | null, origin: string) {
  return {
    organization_id: tx.organizationId,
    id: newId('attempt'),
    run_id: run.id,
    credential_id: run.credential_id,
    account_key: await accountKey(keys, tx, username),
    origin,
    start_origin: new URL(run.url).origin,
    submitted_at: new Date(),
    verdict: 'unknown' satisfies AttemptVerdict,
  };
}

/** What a judged run says about its attempt. Texts come redacted. */
export interface Judgement {
  /** Null when the run ended without one, such as at its time limit. */
  outcome: OutcomeCode | null;
  details: Record<string, unknown> | null;
  siteMessage: string | null;
  username: string | null;
}

/** Writes what the site made of a run's attempt, and the waiting time it named, also where nothing was submitted. */
export async function judgeAttempt(
  keys: LedgerKeys,
  tx: OrganizationModels,
  run: Run,
  { outcome, details, siteMessage, username }: Judgement,
): Promise<void> {
  const now = new Date();
  const data = {
    judged_at: now,
    outcome,
    verdict: verdictOf(outcome, details),
    ...(details && { details: toJson(details) }),
    site_message: siteMessage,
    cooldown_until: cooldownOf(outcome, details, now),
  };
  const { count } = await tx.attempt.updateMany({ where: { run_id: run.id }, data });
  if (count > 0 || data.cooldown_until === null) return;
  await tx.attempt.create({
    data: { ...(await rowOf(keys, tx, run, username, new URL(run.url).origin)), ...data, verdict: 'unknown' },
  });
}

/** On a language model's word no secret is held to be refused. */
function verdictOf(outcome: OutcomeCode | null, details: Record<string, unknown> | null): AttemptVerdict {
  if (outcome === 'logged_in') return 'accepted';
  return outcome === 'wrong_credentials' && !explainedByPlanner(details) ? 'refused' : 'unknown';
}

function cooldownOf(outcome: OutcomeCode | null, details: Record<string, unknown> | null, now: Date): Date | null {
  if (outcome !== 'account_locked' && outcome !== 'rate_limited') return null;
  const seconds = details?.retry_after;
  if (typeof seconds !== 'number' || !(seconds > 0)) return null;
  return new Date(now.getTime() + Math.min(seconds, LONGEST_COOLDOWN_SECONDS) * 1000);
}

/** The attempts on a credential's account, at whatever origin and by whatever credential, newest first. */
export async function listAttempts(
  keys: LedgerKeys,
  db: OrganizationModels,
  username: string | null,
  page: { skip: number; take: number },
): Promise<{ rows: Attempt[]; total: number }> {
  const where = { account_key: await accountKey(keys, db, username) };
  const [rows, total] = await Promise.all([
    db.attempt.findMany({ where, orderBy: [{ submitted_at: 'desc' }, { id: 'desc' }], ...page }),
    db.attempt.count({ where }),
  ]);
  return { rows, total };
}

/** Forgets attempts that are too old to matter. */
export async function removeOldAttempts(db: Pick<OrganizationModels, 'attempt'>, now: Date): Promise<void> {
  await db.attempt.deleteMany({ where: { submitted_at: { lt: new Date(now.getTime() - KEEP_MS) } } });
}
