import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import type { CodeServices } from '../codes/issue-code.ts';
import { dropUnheldTokens } from '../codes/mailbox-token-store.ts';
import { KeyturnError } from '../errors.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { Credential } from '../storage/rows.ts';
import type { SecretPlace, SecretStore } from '../vaults/secret-store.ts';
import type { VaultType } from '../vaults/vault.ts';
import { allowedOrigins } from './credential.ts';

/** What credentials need from the rest of the service. */
export interface CredentialServices {
  secrets: SecretStore;
  profiles: ProfileStore;
  /** For what a row is found by that must not be read from it. */
  dataKeys: CodeServices;
}

/** Where the secret of a credential lies. */
export function secretPlace(row: Credential): SecretPlace {
  return {
    credentialId: row.id,
    vaultType: row.vault_type as VaultType,
    itemId: row.vault_item_id,
    owned: row.vault_item_owned,
  };
}

function notFound(): KeyturnError {
  return new KeyturnError('not_found', { detail: 'There is no credential with this id.' });
}

/** Throws `not_found`, for another organization's id as well. */
export async function findCredential(db: OrganizationModels, id: string): Promise<Credential> {
  const row = await db.credential.findFirst({ where: { id } });
  if (!row) throw notFound();
  return row;
}

/** A page of credentials, newest first, and how many there are. `page` counts from 1. */
export async function listCredentials(
  db: OrganizationModels,
  options: { page: number; pageSize: number; includeTemporary: boolean },
): Promise<{ rows: Credential[]; total: number }> {
  const where = options.includeTemporary ? {} : { temporary: false };
  const rows = await db.credential.findMany({
    where,
    orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
    skip: (options.page - 1) * options.pageSize,
    take: options.pageSize,
  });
  return { rows, total: await db.credential.count({ where }) };
}

/** Changes what is not secret. A name makes a temporary credential permanent. Throws `not_found`. */
export async function patchCredential(
  db: OrganizationDb,
  id: string,
  change: { name?: string; tested_url?: string | null; allowed_origins?: string[] },
  actor: Actor,
): Promise<Credential> {
  const { name, tested_url, allowed_origins } = change;
  return db.transaction(async (tx) => {
    const { count } = await tx.credential.updateMany({
      where: { id },
      data: {
        ...(name !== undefined && { name, temporary: false, expires_at: null }),
        ...(tested_url !== undefined && { tested_url }),
        ...(allowed_origins !== undefined && { allowed_origins: toJson(allowed_origins) }),
        modified_at: new Date(),
      },
    });
    if (count === 0) throw notFound();
    const row = await findCredential(tx, id);
    const details = { changed: Object.keys(change) };
    await AuditLog.write(tx, { actor, action: 'credential.patched', subject: id, details });
    return row;
  });
}

/** Which credentials a removal is meant for: looked at again when the row goes. */
export type RemovalCondition = { temporary: true; expires_at?: { lte: Date } };

/**
 * Removes a credential with its secret and its profile. False when there is none, or the condition does not hold (any
 * more): the row goes first, in one conditional statement, so that one made permanent meanwhile stays whole.
 */
export async function removeCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  id: string,
  condition?: RemovalCondition,
): Promise<boolean> {
  const row = await tx.credential.findFirst({ where: { id, ...condition } });
  if (!row) return false;
  const { count } = await tx.credential.deleteMany({ where: { id, ...condition } });
  if (count === 0) return false;
  await services.profiles.removeOf(tx, id);
  await dropUnheldTokens(tx, row.mailbox_grant_key);
  await services.secrets.discard(tx, secretPlace(row));
  return true;
}

/** Removes a credential at the request of its organization. Throws `not_found`. */
export async function deleteCredential(
  services: CredentialServices,
  db: OrganizationDb,
  id: string,
  actor: Actor,
): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await removeCredential(services, tx, id))) throw notFound();
    await AuditLog.write(tx, { actor, action: 'credential.deleted', subject: id });
  });
  services.secrets.wake();
}

/**
 * After a login: links the profile, remembers where it worked and pins the origins while none is pinned. False when the
 * credential was deleted meanwhile; then nothing is kept of the session.
 */
export async function linkProfile(
  tx: OrganizationModels,
  credentialId: string,
  link: { profileId: string | null; testedUrl: string; allowedOrigins: readonly string[] },
): Promise<boolean> {
  const row = await tx.credential.findFirst({ where: { id: credentialId } });
  if (!row) return false;
  const pin = allowedOrigins(row).length === 0 && link.allowedOrigins.length > 0;
  const { count } = await tx.credential.updateMany({
    where: { id: credentialId },
    data: {
      browser_profile_id: link.profileId,
      tested_url: link.testedUrl,
      ...(pin && { allowed_origins: toJson(link.allowedOrigins) }),
      modified_at: new Date(),
    },
  });
  return count === 1;
}
