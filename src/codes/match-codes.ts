import type { Bus, OrganizationDb } from '../storage/db.ts';
import type { Code, CodeWait } from '../storage/rows.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { Match } from './code.ts';
import { ERASED } from './code-store.ts';

/** Waiting runs and codes looked at for one match. */
const PAGE = 200;

/** Another got the code, or the run got another: what was tried leaves nothing. */
class Lost extends Error {}

/** How a code fits a waiting run; null when it does not. A code named for a run or workflow is for nobody else. */
function matchOf(code: Code, wait: CodeWait): Match | null {
  if (code.otp_type !== wait.otp_type) return null;
  if (code.workflow_run_id !== null) return code.workflow_run_id === wait.run_id ? 'run' : null;
  if (code.workflow_id !== null) return code.workflow_id === wait.workflow_id ? 'workflow' : null;
  return wait.identifier_key !== null && code.identifier_key === wait.identifier_key ? 'identifier' : null;
}

/**
 * Gives a code to a run: the run waits no more and the code is used, both or neither, each by one conditional
 * statement. False when another was faster, when the run is over, or when the account has used this very code before.
 */
async function give(
  db: OrganizationDb,
  { code, wait, match, waitingRuns }: { code: Code; wait: CodeWait; match: Match; waitingRuns: number },
): Promise<boolean> {
  const now = new Date();
  try {
    await db.transaction(async (tx) => {
      const waits = await tx.codeWait.deleteMany({ where: { run_id: wait.run_id } });
      if (waits.count === 0) throw new Lost();
      const claimed = await tx.code.updateMany({
        where: { id: code.id, state: 'waiting', expired_at: { gt: now } },
        data: {
          state: 'used',
          claimed_key: code.code_key,
          used_by_run_id: wait.run_id,
          matched_by: match,
          waiting_runs: waitingRuns,
          modified_at: now,
        },
      });
      if (claimed.count === 0) throw new Lost();
    });
    return true;
  } catch (error) {
    if (error instanceof Lost) return false;
    if (!isUniqueViolation(error)) throw error;
    // The same code again: its account has used it.
    await db.code.updateMany({
      where: { id: code.id, state: 'waiting' },
      data: { state: 'used', modified_at: now, ...ERASED },
    });
    return false;
  }
}

/**
 * The runs that a code which has just arrived could be for, the one waiting longest first. They wait already, so it came
 * after their challenge, whatever the clocks of two machines, or of one that jumped in between, say about that.
 */
async function waitsFor(db: OrganizationDb, code: Code): Promise<CodeWait[]> {
  const waits = await db.codeWait.findMany({
    where: {
      otp_type: code.otp_type,
      ...(code.workflow_run_id !== null
        ? { run_id: code.workflow_run_id }
        : code.workflow_id !== null
          ? { workflow_id: code.workflow_id }
          : { identifier_key: code.identifier_key }),
    },
    orderBy: [{ since: 'asc' }, { run_id: 'asc' }],
    take: PAGE,
  });
  const running = await db.run.findMany({
    where: { id: { in: waits.map((wait) => wait.run_id) }, status: 'running' },
    select: { id: true },
  });
  const ids = new Set(running.map((run) => run.id));
  return waits.filter((wait) => ids.has(wait.run_id));
}

/** A code arrived: gives it to the run it is for, if one waits; of several to the one that has waited longest. */
export async function matchArrived(db: OrganizationDb, bus: Bus, code: Code): Promise<void> {
  const waits = await waitsFor(db, code);
  for (const wait of waits) {
    const match = matchOf(code, wait);
    if (match !== null && (await give(db, { code, wait, match, waitingRuns: waits.length }))) {
      bus.publish({ type: 'code', run_id: wait.run_id });
      return;
    }
  }
}

const ORDER: Record<Match, number> = { run: 0, workflow: 1, identifier: 2 };

/** A run began to wait: gives it a code that has arrived since its challenge appeared, the newest of the closest kind. */
export async function matchWaiting(db: OrganizationDb, bus: Bus, wait: CodeWait): Promise<void> {
  const codes = await db.code.findMany({
    where: {
      state: 'waiting',
      otp_type: wait.otp_type,
      created_at: { gte: wait.codes_from },
      expired_at: { gt: new Date() },
      OR: [
        { workflow_run_id: wait.run_id },
        { workflow_run_id: null, workflow_id: wait.workflow_id },
        ...(wait.identifier_key === null
          ? []
          : [{ workflow_run_id: null, workflow_id: null, identifier_key: wait.identifier_key }]),
      ],
    },
    orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
    take: PAGE,
  });
  const matched = codes
    .map((code) => ({ code, match: matchOf(code, wait) }))
    .filter((found): found is { code: Code; match: Match } => found.match !== null)
    .sort((a, b) => ORDER[a.match] - ORDER[b.match]);
  for (const { code, match } of matched) {
    if (await give(db, { code, wait, match, waitingRuns: 1 })) {
      bus.publish({ type: 'code', run_id: wait.run_id });
      return;
    }
  }
}
