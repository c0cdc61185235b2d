import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import type { Scope } from '../http/scopes.ts';
import { newId } from '../ids.ts';
import type { Bus, Models, OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { ApiKey } from '../storage/rows.ts';
import { hashApiKey, newApiKey, scopesOf } from './api-key.ts';

/** A key with its plain form, which is shown once and not kept. */
export interface IssuedKey {
  row: ApiKey;
  key: string;
}

/** Stores a key; a random one when none is given. `db` is a transaction: it ends with the audit event. */
export async function createApiKey(
  db: Models,
  organizationId: string,
  wanted: { name: string; scopes: readonly Scope[]; key?: string | undefined },
  actor: Actor,
): Promise<IssuedKey> {
  const key = wanted.key ?? newApiKey();
  const row = await db.apiKey.create({
    data: {
      id: newId('apiKey'),
      organization_id: organizationId,
      name: wanted.name,
      key_hash: hashApiKey(key),
      last_four: key.slice(-4),
      scopes: toJson(wanted.scopes),
      created_at: new Date(),
    },
  });
  await AuditLog.append(db, organizationId, {
    actor,
    action: 'api_key.created',
    subject: row.id,
    details: { scopes: wanted.scopes },
  });
  return { row, key };
}

/** Newest first, revoked ones too. */
export async function listApiKeys(db: OrganizationModels): Promise<ApiKey[]> {
  return db.apiKey.findMany({ orderBy: [{ created_at: 'desc' }, { id: 'desc' }] });
}

/**
 * Revokes a key at once, in open event streams too; revoking it again changes nothing. Throws `not_found`, or `conflict`
 * for the last key with `admin`: nobody could make another.
 */
export async function revokeApiKey(db: OrganizationDb, bus: Bus, id: string, actor: Actor): Promise<void> {
  await db.transaction(async (tx) => {
    // Changes nothing but locks the live keys: two admin keys could otherwise revoke each other at the same time.
    await tx.apiKey.updateMany({ where: { revoked_at: null }, data: { revoked_at: null } });
    const row = await tx.apiKey.findFirst({ where: { id } });
    if (!row) throw new KeyturnError('not_found', { detail: 'There is no API key with this id.' });
    if (row.revoked_at !== null) return;
    const others = await tx.apiKey.findMany({ where: { id: { not: id }, revoked_at: null } });
    if (scopesOf(row).includes('admin') && !others.some((other) => scopesOf(other).includes('admin'))) {
      throw new KeyturnError('conflict', {
        detail: 'This is the last key with the admin scope; make another before revoking it.',
      });
    }
    await tx.apiKey.updateMany({ where: { id }, data: { revoked_at: new Date() } });
    await AuditLog.write(tx, { actor, action: 'api_key.revoked', subject: id });
  });
  bus.publish({ type: 'key-revoked', api_key_id: id });
}
