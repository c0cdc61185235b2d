import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { SmsWebhook } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { sealedById } from '../vaults/sealed-place.ts';

/** A webhook as it may be read back. The token is not part of it. */
export interface SmsWebhookView {
  sms_webhook_id: string;
  /** What is set as the webhook at the provider, to the letter. */
  url: string;
  created_at: string;
}

/** Anything else is no id, and a database need not see it. */
const WEBHOOK_ID = /^sms_[0-9a-z]{24}$/;

const place = (id: string) => ({ record: id, field: 'sms token' });

export const SEALED_SMS_TOKENS = sealedById('smsWebhook', place);

/** The address the provider calls, which is part of what it signs. */
export function smsUrl(row: Pick<SmsWebhook, 'id' | 'base_url'>): string {
  return `${row.base_url}/inbound/sms/${row.id}`;
}

export function smsWebhookView(row: SmsWebhook): SmsWebhookView {
  return { sms_webhook_id: row.id, url: smsUrl(row), created_at: row.created_at.toISOString() };
}

export async function createSmsWebhook(
  sealer: Sealer,
  db: OrganizationDb,
  webhook: { baseUrl: string; token: string; actor: Actor },
): Promise<SmsWebhook> {
  const id = newId('smsWebhook');
  const plain = Buffer.from(webhook.token, 'utf8');
  return db.transaction(async (tx) => {
    const sealed = await sealer.seal(tx, place(id), plain);
    plain.fill(0);
    const { organizationId: organization_id } = tx;
    const row = await tx.smsWebhook.create({
      data: { id, organization_id, base_url: webhook.baseUrl, ...sealed, created_at: new Date() },
    });
    await AuditLog.write(tx, { actor: webhook.actor, action: 'sms_webhook.created', subject: id });
    return row;
  });
}

/** Newest first. */
export async function listSmsWebhooks(db: OrganizationModels): Promise<SmsWebhook[]> {
  return db.smsWebhook.findMany({ orderBy: [{ created_at: 'desc' }, { id: 'desc' }], take: 200 });
}

/** Throws `not_found`. */
export async function removeSmsWebhook(db: OrganizationDb, id: string, actor: Actor): Promise<void> {
  await db.transaction(async (tx) => {
    const { count } = await tx.smsWebhook.deleteMany({ where: { id } });
    if (count === 0) throw new KeyturnError('not_found', { detail: 'There is no SMS webhook with this id.' });
    await AuditLog.write(tx, { actor, action: 'sms_webhook.removed', subject: id });
  });
}

/** The webhook somebody calls, whosever it is, with its token. Null for an unknown id. */
export async function openSmsWebhook(
  sealer: Sealer,
  database: Database,
  id: string,
): Promise<{ db: OrganizationDb; url: string; token: string } | null> {
  if (!WEBHOOK_ID.test(id)) return null;
  const row = await database.asSystem('arrival').smsWebhook.findFirst({ where: { id } });
  if (!row) return null;
  const db = database.forOrganization(row.organization_id);
  const plain = await sealer.open(db, { ...place(id), data_key_id: row.data_key_id }, row.sealed);
  const token = plain.toString('utf8');
  plain.fill(0);
  return { db, url: smsUrl(row), token };
}
