import type { OrganizationModels } from '../storage/db.ts';
import type { AuditEvent } from '../storage/rows.ts';
import { hashEvent, NO_HASH } from './audit-event.ts';

/** Events read at a time. */
const PAGE = 500;

/** What a look over the whole chain found. */
export interface ChainVerdict {
  valid: boolean;
  /** How many events the log should have. */
  events: number;
  /** The first event that is missing or does not hold what was written. */
  first_broken_sequence?: number;
  /** The hash of the last event, 64 zeros for none. Kept elsewhere, it also shows a log that was written anew. */
  head_hash: string;
}

/** The events after a sequence number up to another, oldest first, a page at a time. */
export async function* readEvents(
  db: OrganizationModels,
  { after, upTo }: { after: number; upTo: number },
): AsyncGenerator<AuditEvent[]> {
  let last = after;
  while (last < upTo) {
    const rows = await db.auditEvent.findMany({
      where: { sequence: { gt: last, lte: upTo } },
      orderBy: { sequence: 'asc' },
      take: PAGE,
    });
    const end = rows.at(-1);
    if (!end) return;
    yield rows;
    last = end.sequence;
  }
}

/** Computes every hash again. Events that are added meanwhile are not looked at. */
export async function verifyChain(db: OrganizationModels): Promise<ChainVerdict> {
  const { audit_sequence: events, audit_hash: head } = await db.organization.findFirstOrThrow();
  const verdict = { events, head_hash: head || NO_HASH };
  const broken = (sequence: number): ChainVerdict => ({ valid: false, ...verdict, first_broken_sequence: sequence });
  let sequence = 0;
  let hash = NO_HASH;
  for await (const rows of readEvents(db, { after: 0, upTo: events })) {
    for (const row of rows) {
      sequence += 1;
      if (row.sequence !== sequence || row.previous_hash !== hash || row.hash !== hashEvent(row)) {
        return broken(sequence);
      }
      hash = row.hash;
    }
  }
  if (sequence < events) return broken(sequence + 1);
  return hash === verdict.head_hash ? { valid: true, ...verdict } : broken(events);
}
