import { AuditLog } from '../audit/audit-log.ts';
import { toFailure } from '../execution/protocol.ts';
import { reasonOf } from '../execution/supervise.ts';
import type { Evidence, SessionState } from '../login/outcome.ts';
import { untilDatabaseAnswers } from '../storage/until-database-answers.ts';
import { getWorkflow } from '../workflows/workflow-store.ts';
import type { ActiveRun } from './active-run.ts';
import { endOf, type RunEnd } from './finish-run.ts';
import { endByLedger } from './known-attempts.ts';
import { expectsLogin } from './run.ts';
import type { RunServices } from './run-services.ts';
import type { RunContext } from './settle-run.ts';
import { watchRun } from './watch-run.ts';

/** Slack of the hard limit over everything the engine may take by its own clock. */
const HARD_LIMIT_SLACK_SECONDS = 60;

/** Hands a claimed run to the executor and says how it ended. */
export async function startRun(
  services: RunServices,
  active: ActiveRun,
  context: RunContext,
): Promise<{ end: RunEnd; notes: Evidence[] }> {
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    prepared = await untilDatabaseAnswers(() => prepare(services, active, context), active.abort.signal);
  } catch (error) {
    active.handlers.contextClosed();
    // A cancelled run's temporary credential may be gone by now.
    if (active.abort.signal.aborted) {
      return { end: endOf({ kind: 'aborted', reason: reasonOf(active.abort.signal), stage: null }), notes: [] };
    }
    services.log.error({ err: error, run_id: context.run.id }, 'the run could not be prepared');
    return { end: endOf({ kind: 'error', error: toFailure(error) }), notes: [] };
  }
  const { known, job, notes } = prepared;
  if (known) {
    active.handlers.contextClosed();
    return { end: known, notes };
  }
  // A code, and an approval on another device, which any site may ask for.
  const codeStages = job.task.code_ways.length > 0 ? 2 : 1;
  const { runTimeoutSeconds, codeTimeoutSeconds } = services.config;
  const hardLimit = (runTimeoutSeconds + codeTimeoutSeconds * codeStages + HARD_LIMIT_SLACK_SECONDS) * 1000;
  const timer = setTimeout(() => active.abort.abort('timed_out'), hardLimit);
  active.begin();
  try {
    const end = endOf(await watchRun(services, context.run, active, job));
    // Won with this login: what it opens is in no text of the run's end.
    if (end.kind === 'outcome' && end.outcome?.session) active.secrets.session(end.outcome.session);
    active.keepRecordings();
    notes.push(...active.egress.notes());
    if (end.kind !== 'outcome' || end.code !== 'wrong_code') return { end, notes };
    return { end: { ...end, details: active.explainRefusedCode(end.details) }, notes };
  } finally {
    clearTimeout(timer);
    active.leave();
  }
}

/** What the executor needs for the run, and the end of one that the ledger already knows. */
async function prepare(services: RunServices, active: ActiveRun, context: RunContext) {
  const workflow = await getWorkflow(context.db, context.run.workflow_id);
  const { session, notes } = await openSession(services, active, context);
  return {
    known: await endByLedger(services, context, async () => (await active.secrets.secret()).password),
    job: active.job(workflow, session),
    notes,
  };
}

/** The session a run starts from. A link to a profile that is gone starts fresh, with a note in the evidence. */
async function openSession(
  services: RunServices,
  { secrets }: ActiveRun,
  { db, run, credential }: RunContext,
): Promise<{ session: SessionState | null; notes: Evidence[] }> {
  const profileId = credential?.browser_profile_id;
  if (!run.start_from_profile || !profileId || !expectsLogin(run.expect as string[]))
    return { session: null, notes: [] };
  await AuditLog.recordRead(db, { actor: 'service', action: 'profile.read', subject: profileId, related: run.id });
  const session = await services.profiles.open(db, profileId);
  if (session) {
    secrets.session(session);
    return { session, notes: [] };
  }
  const text = `The linked profile ${profileId} is gone; the run started without it.`;
  return { session: null, notes: [{ signal: 'profile_missing', weight: 0, text }] };
}
