import type { Database, OrganizationDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { codeOwner } from './sent-to.ts';

/** A run that a mail is for. */
export interface MailRecipient {
  db: OrganizationDb;
  runId: string;
  /** Whose codes these are. */
  identifier: string;
}

/** Runs of one credential that are looked at. */
const RUNS = 20;
/** A local part as short as ours are (RFC 5321 §4.5.3.1.1 allows 64). */
const ADDRESS = /^code\+((?:wr|cred)_[0-9a-z]{24})@(.+)$/;

/** The id in `code+<id>@<domain>`; null for every other address. Programs on the way may change upper and lower case. */
export function idInAddress(address: string, domain: string): string | null {
  const [, id, at] = ADDRESS.exec(address.toLowerCase()) ?? [];
  return id !== undefined && at === domain ? id : null;
}

/**
 * The run a mail to this id may be for: of the id of a credential its run. Only one that waits for a code, or whose site
 * may be sending one already, since a mail can be faster than the page that asks. Null: nobody expects mail there.
 */
export async function recipientOf(database: Database, id: string): Promise<MailRecipient | null> {
  const system = database.asSystem('arrival');
  const runs = await system.run.findMany({
    where: { ...(id.startsWith('wr_') ? { id } : { credential_id: id }), status: 'running' },
    orderBy: [{ started_at: 'asc' }, { id: 'asc' }],
    take: RUNS,
  });
  for (const run of runs) {
    const db = database.forOrganization(run.organization_id);
    const waits = (await db.codeWait.count({ where: { run_id: run.id } })) > 0;
    if (!waits && !mayWaitSoon(run)) continue;
    const credential = await db.credential.findFirst({ where: { id: run.credential_id, totp_type: 'email' } });
    if (credential) return { db, runId: run.id, identifier: codeOwner(credential) };
  }
  return null;
}

/** Something was sent to the site, and the code stage has not begun. */
function mayWaitSoon(run: Run): boolean {
  return run.code_started_at === null && (run.password_started_at !== null || run.identifier_started_at !== null);
}
