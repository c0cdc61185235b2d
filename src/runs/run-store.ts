import { endCodesOf } from '../codes/code-store.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OutcomeCode, Stage } from '../login/outcome.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { NO_JSON, toJson } from '../storage/json.ts';
import type { Run } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { type Awaiting, FINAL_STATUSES, OPEN_STATUSES } from './run.ts';
import type { RunCounts } from './run-counts.ts';
import { NO_START_URL, sealStartUrl } from './start-url.ts';

export interface NewRun {
  workflowId: string;
  credentialId: string;
  temporaryCredential: boolean;
  url: string;
  expect: OutcomeCode[];
  saveProfile: boolean;
  startFromProfile: boolean;
  force: boolean;
  codesFrom: Date | null;
  /** The address it begins at, where that is a secret. */
  startUrl: string | null;
  /** W3C traceparent of the call that asked for it. */
  trace: string | null;
}

/** Writes a queued run; the caller announces it in the same transaction. */
export async function createRun(sealer: Sealer, tx: OrganizationModels, run: NewRun): Promise<string> {
  const id = newId('run');
  const startUrl = run.startUrl === null ? NO_START_URL : await sealStartUrl(sealer, tx, id, run.startUrl);
  await tx.run.create({
    data: {
      id,
      organization_id: tx.organizationId,
      workflow_id: run.workflowId,
      credential_id: run.credentialId,
      temporary_credential: run.temporaryCredential,
      status: 'queued',
      expect: run.expect,
      url: run.url,
      origin: new URL(run.url).origin,
      save_browser_profile: run.saveProfile,
      start_from_profile: run.startFromProfile,
      force: run.force,
      codes_from: run.codesFrom,
      url_is_secret: run.startUrl !== null,
      ...startUrl,
      trace_context: run.trace,
      evidence: [],
      created_at: new Date(),
    },
  });
  return id;
}

/** Throws `not_found`; with a credential id also when the run belongs to another credential. */
export async function getRun(db: OrganizationModels, id: string, credentialId?: string): Promise<Run> {
  const row = await db.run.findFirst({ where: { id, credential_id: credentialId } });
  if (!row) throw new KeyturnError('not_found', { detail: 'There is no run with this id.' });
  return row;
}

/** Newest first, with how many there are. */
export async function listRuns(
  db: OrganizationModels,
  counts: RunCounts,
  filter: { credentialId?: string | undefined; status?: string | undefined },
  page: { skip: number; take: number },
): Promise<{ rows: Run[]; total: number }> {
  const where = { credential_id: filter.credentialId, status: filter.status };
  const [rows, total] = await Promise.all([
    db.run.findMany({ where, orderBy: [{ created_at: 'desc' }, { id: 'desc' }], ...page }),
    counts.total(db, filter),
  ]);
  return { rows, total };
}

/** queued → running. False when another took it or it was canceled. */
export async function claimRun(
  db: OrganizationDb,
  id: string,
  claimedBy: string,
  atMost: number | null = null,
): Promise<boolean> {
  const claim = async (tx: OrganizationModels) => {
    const now = new Date();
    const { count } = await tx.run.updateMany({
      where: { id, status: 'queued' },
      data: { status: 'running', claimed_by: claimedBy, heartbeat_at: now, started_at: now },
    });
    return count === 1;
  };
  if (atMost === null) return claim(db);
  return db.transaction(async (tx) => {
    // The organization's row is locked by a change that changes nothing, so that no two processes count at a time.
    await tx.organization.updateMany({ data: { audit_sequence: { increment: 0 } } });
    return (await tx.run.count({ where: { status: 'running' } })) < atMost && claim(tx);
  });
}

/** A run as its carrier knows it. What a carrier writes holds only while the run is still claimed by it. */
export type Claim = Pick<Run, 'id' | 'claimed_by'>;

const STARTED_COLUMN = {
  identifier: 'identifier_started_at',
  password: 'password_started_at',
  code: 'code_started_at',
  extra: 'extra_started_at',
} as const satisfies Record<Stage, keyof Run>;

/**
 * Commits that a stage is about to be typed: the row behind "at most once", also over crashes. False when the run is
 * over, was given to another process (this one was taken for dead), or the stage was begun before. `repeated` when this
 * very call had committed it already and only the answer was lost: `at` tells one call from another.
 */
export async function startStage(
  tx: OrganizationModels,
  { id, claimed_by }: Claim,
  stage: Stage,
  at = new Date(),
): Promise<boolean | 'repeated'> {
  const column = STARTED_COLUMN[stage];
  const mine = { id, claimed_by, status: 'running' };
  const { count } = await tx.run.updateMany({ where: { ...mine, [column]: null }, data: { [column]: at } });
  if (count === 1) return true;
  const again = await tx.run.count({ where: { ...mine, [column]: at } });
  return again === 1 ? 'repeated' : false;
}

const NO_STAGE_STARTED = Object.fromEntries(Object.values(STARTED_COLUMN).map((column) => [column, null]));

/** A run that was claimed so often in vain is not begun again: it may be what its processes die of, or nothing may help. */
const MOST_CLAIMS_IN_VAIN = 3;

/** running → queued, only while no stage was begun, and after a claim `inVain` only while it had not too many of those. */
export async function requeueRun(
  tx: OrganizationModels,
  { id, claimed_by }: Claim,
  { inVain }: { inVain: boolean },
): Promise<boolean> {
  const { count } = await tx.run.updateMany({
    where: {
      id,
      claimed_by,
      status: 'running',
      ...NO_STAGE_STARTED,
      ...(inVain && { claims_in_vain: { lt: MOST_CLAIMS_IN_VAIN - 1 } }),
    },
    data: {
      status: 'queued',
      claimed_by: null,
      heartbeat_at: null,
      started_at: null,
      awaiting: NO_JSON,
      ...(inVain && { claims_in_vain: { increment: 1 } }),
    },
  });
  return count === 1;
}

/** Writes what a running run waits for, or that it waits no more. */
export async function setAwaiting(
  tx: OrganizationModels,
  { id, claimed_by }: Claim,
  awaiting: Awaiting | null,
): Promise<void> {
  await tx.run.updateMany({
    where: { id, claimed_by, status: 'running' },
    data: { awaiting: awaiting === null ? NO_JSON : toJson(awaiting) },
  });
}

/**
 * The last stage that was begun, in the order they are typed. That of a passkey is begun before its page is opened, and
 * reached only once nothing else is begun after it.
 */
export function stageReached(run: Run): Stage | null {
  const { code_started_at: code, password_started_at: password, code_submitted: sent } = run;
  if (code && (sent > 0 || !password || code >= password)) return 'code';
  if (run.password_started_at) return 'password';
  if (run.extra_started_at) return 'extra';
  if (run.identifier_started_at) return 'identifier';
  return null;
}

type FinalFields = Parameters<OrganizationModels['run']['updateMany']>[0]['data'];

/**
 * The one way a run becomes final: a conditional update from an open status. False when it was final already, or is
 * another's by now. Without `claimed_by` whoever has it: that is a cancel.
 */
export async function finalize(
  tx: OrganizationModels,
  { id, claimed_by }: { id: string; claimed_by?: string | null },
  data: FinalFields,
): Promise<boolean> {
  const { count } = await tx.run.updateMany({
    where: { id, claimed_by, status: { in: [...OPEN_STATUSES] } },
    data: { ...data, awaiting: NO_JSON, ...NO_START_URL, finished_at: new Date() },
  });
  if (count === 1) await endCodesOf(tx, id);
  return count === 1;
}

/**
 * Adds an event with the next sequence number. The number comes from an increment on the run's row, so two writers
 * never share one; after the final event nothing is added, and of a carrier only while it has the run.
 */
export async function appendEvent(
  tx: OrganizationModels,
  { id: runId, claimed_by }: Pick<Run, 'id'> & Partial<Claim>,
  event: string,
  data: Record<string, unknown>,
): Promise<void> {
  const open = event === 'final' ? { in: [...FINAL_STATUSES] } : { in: [...OPEN_STATUSES] };
  const [counted] = await tx.run.updateManyAndReturn({
    where: { id: runId, claimed_by, status: open },
    data: { event_count: { increment: 1 } },
    select: { event_count: true },
  });
  if (!counted) return;
  await tx.runEvent.create({
    data: {
      organization_id: tx.organizationId,
      run_id: runId,
      sequence: counted.event_count,
      event,
      data: toJson(data),
      created_at: new Date(),
    },
  });
}
