import { AuditLog } from '../audit/audit-log.ts';
import { linkProfile } from '../credentials/credential-store.ts';
import { keepTemporaryUntil, removeTemporaryCredential } from '../credentials/temporary-credential.ts';
import type { Evidence } from '../login/outcome.ts';
import { profileName } from '../profiles/profile.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { Credential, Run } from '../storage/rows.ts';
import { judgeAttempt } from './attempt-ledger.ts';
import { endColumns, type FinalFacts, finalFacts, goesBack, type Redact, type RunEnd } from './finish-run.ts';
import { dropLeases } from './leases.ts';
import { runView } from './run.ts';
import type { RunServices } from './run-services.ts';
import { appendEvent, type Claim, finalize, getRun, requeueRun } from './run-store.ts';

/** A temporary credential whose login worked is kept this long. */
const KEEP_TEMPORARY_MS = 24 * 60 * 60 * 1000;

/** A run with what belongs to it, as the dispatcher carries it. */
export interface RunContext {
  db: OrganizationDb;
  run: Run;
  /** Null when it was deleted meanwhile. */
  credential: Credential | null;
}

/**
 * Writes how a run ended: outcome, profile, link and the end of a temporary credential in one transaction, so that
 * "completed but no profile" is never seen in between. A run that is final already (canceled) is left as it is and a
 * session it won is dropped. A run that was given back, or whose process was lost or browser did not start, goes to the
 * queue again while no stage was begun; after too many claims in vain it ends.
 */
export async function settleRun(
  services: RunServices,
  context: RunContext,
  end: RunEnd,
  notes: Evidence[] = [],
): Promise<void> {
  const { db, run } = context;
  const { storage, scrubber } = services;
  const redact: Redact = {
    text: (value) => scrubber.scrubWords(value),
    json: (value) => scrubber.scrubDeep(value),
  };
  const final = await db.transaction(async (tx): Promise<FinalFacts | null> => {
    if (goesBack(end) && (await requeueRun(tx, run, { inVain: end.kind !== 'shutdown' }))) {
      // Here, because the next one to claim it takes them anew.
      await dropLeases(tx, run.id);
      await storage.queue.announce(tx, run.id);
      return null;
    }
    const row = await getRun(tx, run.id);
    const facts = finalFacts(row, end, redact);
    const columns = endColumns(end, redact);
    const found = end.kind === 'outcome' ? redact.json(end.outcome?.evidence ?? []) : [];
    const won = await finalize(tx, run, {
      ...columns,
      evidence: toJson([...notes, ...found]),
      status: facts.status,
      outcome: facts.outcome,
      verdict: facts.verdict,
      failure_reason: facts.failureReason,
    });
    if (!won) {
      noteLoss(services, await getRun(tx, run.id), run);
      return null;
    }
    await judgeAttempt(services.dataKeys, tx, row, {
      outcome: facts.outcome,
      details: redact.json(end.kind === 'outcome' ? end.details : null),
      siteMessage: end.kind === 'outcome' && end.outcome?.site_message ? redact.text(end.outcome.site_message) : null,
      username: context.credential?.username ?? null,
    });
    if (facts.status === 'completed') await keepWhatWasWon(services, tx, context, end);
    else if (row.temporary_credential) await removeTemporaryCredential(services, tx, row.credential_id);
    await appendFinalEvent(tx, run.id);
    await AuditLog.write(tx, {
      actor: 'service',
      action: 'run.finished',
      subject: run.id,
      related: run.credential_id,
      details: { status: facts.status, outcome: facts.outcome },
    });
    return facts;
  });
  storage.queue.committed();
  if (final) noteEnd(services, run.id, final);
}

/** Its process stood still, or could not reach the database, until it was taken for dead: how it went here is not kept. */
function noteLoss({ log }: Pick<RunServices, 'log'>, row: Run, { id, claimed_by }: Claim): void {
  if (row.claimed_by === claimed_by) return;
  log.warn({ run_id: id }, 'the run was taken by another process and is given up here');
}

/** A run became final: counted, and said in the log. */
export function noteEnd(
  { metrics, log }: Pick<RunServices, 'metrics' | 'log'>,
  runId: string,
  { status, outcome, verdict }: Pick<FinalFacts, 'status' | 'outcome' | 'verdict'>,
): void {
  metrics.runEnded({ status, outcome, verdict });
  log.info({ run_id: runId, status, outcome, verdict }, 'the run is over');
}

/** The last event of a run says what a poll would answer. */
export async function appendFinalEvent(tx: OrganizationModels, runId: string): Promise<void> {
  const view = runView(await getRun(tx, runId));
  await appendEvent(tx, { id: runId }, 'final', { ...view });
}

/** On a login: publish the session, link it, pin the origins, keep a temporary credential for a day. */
async function keepWhatWasWon(
  services: RunServices,
  tx: OrganizationModels,
  { run }: RunContext,
  end: RunEnd,
): Promise<void> {
  const outcome = end.kind === 'outcome' ? end.outcome : null;
  const credential = await tx.credential.findFirst({ where: { id: run.credential_id } });
  if (!outcome || !credential) return;
  let profileId = credential.browser_profile_id;
  if (outcome.session) {
    profileId = await services.profiles.publish(tx, {
      profileId,
      credentialId: credential.id,
      name: profileName(credential),
      session: outcome.session,
    });
  } else if (outcome.session_failure && profileId) {
    await services.profiles.markSuspect(tx, profileId);
  }
  await linkProfile(tx, credential.id, {
    profileId,
    testedUrl: run.url,
    allowedOrigins: outcome.code === 'logged_in' ? outcome.origins : [],
  });
  if (credential.temporary) await keepTemporaryUntil(tx, credential.id, new Date(Date.now() + KEEP_TEMPORARY_MS));
  await tx.run.updateMany({
    where: { id: run.id },
    data: {
      browser_profile_id: outcome.session ? profileId : null,
      tested_url: run.url,
      browser_profile_failure_reason: run.save_browser_profile ? outcome.session_failure : null,
    },
  });
}
