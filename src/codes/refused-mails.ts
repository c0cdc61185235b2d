import type { OrganizationModels } from '../storage/db.ts';

/** Said in the evidence of a run whose mails were refused. */
export async function refusedMails(db: OrganizationModels, runId: string): Promise<string[]> {
  const refused = await db.code.count({ where: { workflow_run_id: runId, sender_verdict: 'fail' } });
  if (refused === 0) return [];
  return ['A mail with a code was not used: it is not from whom it says (DKIM, DMARC).'];
}
