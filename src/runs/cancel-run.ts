import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { removeTemporaryCredential } from '../credentials/temporary-credential.ts';
import type { OrganizationDb } from '../storage/db.ts';
import { failureReason } from './failure-reasons.ts';
import { judge } from './run.ts';
import type { RunServices } from './run-services.ts';
import { finalize, getRun, stageReached } from './run-store.ts';
import { appendFinalEvent, noteEnd } from './settle-run.ts';

/**
 * Cancels a run: one conditional update from an open status, with the end of a temporary credential, answered at
 * once; the browser is told afterwards. A run that ended otherwise gives `cancel_failed` and is not overwritten.
 * Throws `not_found`; with a credential id also when the run belongs to another credential.
 */
export async function cancelRun(
  services: Pick<RunServices, 'storage' | 'secrets' | 'profiles' | 'dataKeys' | 'metrics' | 'log'>,
  db: OrganizationDb,
  { id, credentialId, actor }: { id: string; credentialId?: string; actor: Actor },
): Promise<'canceled' | 'cancel_failed'> {
  const canceled = await db.transaction(async (tx) => {
    const row = await getRun(tx, id, credentialId);
    const facts = { details: null, stage: stageReached(row), origin: new URL(row.url).origin };
    const verdict = judge('canceled', null, row.expect as string[]);
    const won = await finalize(
      tx,
      { id },
      {
        status: 'canceled',
        verdict,
        failure_reason: failureReason('canceled', facts),
      },
    );
    if (!won) return null;
    if (row.temporary_credential) await removeTemporaryCredential(services, tx, row.credential_id);
    await appendFinalEvent(tx, id);
    await AuditLog.write(tx, { actor, action: 'run.canceled', subject: id, related: row.credential_id });
    return { status: 'canceled', outcome: null, verdict } as const;
  });
  if (!canceled) return 'cancel_failed';
  noteEnd(services, id, canceled);
  services.storage.bus.publish({ type: 'cancel', run_id: id });
  services.storage.bus.publish({ type: 'run', run_id: id });
  return 'canceled';
}
