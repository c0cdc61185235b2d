import type { CodeServices } from '../codes/issue-code.ts';
import { dropUnheldTokens, grantKeyOf } from '../codes/mailbox-token-store.ts';
import { passkeyKeyOf } from '../codes/passkey-counter.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { Credential } from '../storage/rows.ts';
import type { CredentialSecret } from '../vaults/vault.ts';
import type { VaultRegistry } from '../vaults/vault-registry.ts';
import { allowedOrigins, type ParsedSecret, type PasswordSecret } from './credential.ts';

/** What credentials need from the rest of the service. */
export interface CredentialServices {
  vaults: VaultRegistry;
  profiles: ProfileStore;
  /** For what a row is found by that must not be read from it. */
  dataKeys: CodeServices;
}

export interface NewCredential {
  name: string;
  parsed: ParsedSecret;
  /** Left out: the vault of new credentials. */
  vaultType?: string;
  /** An own profile that belongs to no credential yet. */
  profileId?: string | null;
  /** Set for a temporary credential. */
  expiresAt?: Date;
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

/** Where the tokens of its mailbox and the counter of its passkey are kept. */
async function keysOf({ dataKeys }: CredentialServices, tx: OrganizationModels, { secret }: ParsedSecret) {
  const { mailbox = null, passkey = null } = secret.credential_type === 'password' ? secret : {};
  return {
    mailbox_grant_key: await grantKeyOf(dataKeys, tx, mailbox),
    passkey_key: passkey && (await passkeyKeyOf(dataKeys, tx, passkey)),
  };
}

/**
 * Stores a credential: the row first, so that a secret never lies in a vault without one, then the secret. Throws
 * `vault_not_configured`, or `not_found` / `conflict` for a profile that is not this organization's / has a credential.
 */
export async function createCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  credential: NewCredential,
): Promise<Credential> {
  const { name, parsed, vaultType, profileId = null, expiresAt = null } = credential;
  const vault = services.vaults.get(vaultType);
  if (profileId !== null && parsed.columns.credential_type !== 'password') {
    throw new KeyturnError('invalid_request', {
      errors: [{ path: '/browser_profile_id', message: 'is only for password credentials' }],
    });
  }
  const id = newId('credential');
  const now = new Date();
  await tx.credential.create({
    data: {
      id,
      organization_id: tx.organizationId,
      name,
      ...parsed.columns,
      details: toJson(parsed.columns.details),
      vault_type: vault.type,
      vault_item_id: null,
      ...(await keysOf(services, tx, parsed)),
      allowed_origins: toJson(parsed.allowedOrigins ?? []),
      browser_profile_id: profileId,
      temporary: expiresAt !== null,
      expires_at: expiresAt,
      created_at: now,
      modified_at: now,
    },
  });
  if (profileId !== null) await services.profiles.claim(tx, profileId, id);
  const itemId = await vault.create(tx, id, parsed.secret);
  await tx.credential.updateMany({ where: { id }, data: { vault_item_id: itemId } });
  return findCredential(tx, id);
}

/**
 * Gives a credential a new secret of the same type, and for good if it was temporary. With a new username it is another
 * account: the profile, which lives and dies with its credential, is deleted and `tested_url` is forgotten. With another
 * refresh token for its mailbox the tokens that came of the one before are deleted. Throws
 * `not_found`, or `invalid_request` for another type or vault.
 */
export async function updateCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  id: string,
  change: { name?: string; parsed: ParsedSecret; vaultType?: string },
): Promise<Credential> {
  const row = await findCredential(tx, id);
  const { name, parsed, vaultType = row.vault_type } = change;
  if (vaultType !== row.vault_type) {
    throw new KeyturnError('invalid_request', {
      errors: [{ path: '/vault_type', message: `must stay ${row.vault_type}; a secret does not move between vaults` }],
    });
  }
  const sameAccount = row.username === parsed.columns.username;
  if (!sameAccount) await services.profiles.removeOf(tx, id);
  const vault = services.vaults.get(row.vault_type);
  const itemId =
    row.vault_item_id === null
      ? await vault.create(tx, id, parsed.secret)
      : await vault.update(tx, id, row.vault_item_id, parsed.secret);
  // Conditional on the item that was replaced: of two updates at once one would otherwise leave its item behind.
  const { count } = await tx.credential.updateMany({
    where: { id, vault_item_id: row.vault_item_id },
    data: {
      ...parsed.columns,
      details: toJson(parsed.columns.details),
      ...(name !== undefined && { name }),
      ...(parsed.allowedOrigins && { allowed_origins: toJson(parsed.allowedOrigins) }),
      ...(!sameAccount && { browser_profile_id: null, tested_url: null }),
      vault_item_id: itemId,
      ...(await keysOf(services, tx, parsed)),
      temporary: false,
      expires_at: null,
      modified_at: new Date(),
    },
  });
  if (count === 0) throw new KeyturnError('conflict');
  await dropUnheldTokens(tx, row.mailbox_grant_key);
  return findCredential(tx, id);
}

/** Changes what is not secret. A name makes a temporary credential permanent. Throws `not_found`. */
export async function patchCredential(
  db: OrganizationModels,
  id: string,
  change: { name?: string; tested_url?: string | null; allowed_origins?: string[] },
): Promise<Credential> {
  const { name, tested_url, allowed_origins } = change;
  const { count } = await db.credential.updateMany({
    where: { id },
    data: {
      ...(name !== undefined && { name, temporary: false, expires_at: null }),
      ...(tested_url !== undefined && { tested_url }),
      ...(allowed_origins !== undefined && { allowed_origins: toJson(allowed_origins) }),
      modified_at: new Date(),
    },
  });
  if (count === 0) throw notFound();
  return findCredential(db, id);
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
  if (row.vault_item_id !== null) await services.vaults.get(row.vault_type).delete(tx, id, row.vault_item_id);
  return true;
}

/** The secret of a password credential, for a login. Throws `credential_type_not_testable` for another type. */
export async function readSecret(
  services: CredentialServices,
  db: OrganizationModels,
  credential: Credential,
): Promise<PasswordSecret> {
  const secret = await readAnySecret(services, db, credential);
  if (secret.credential_type !== 'password') throw new KeyturnError('credential_type_not_testable');
  return secret;
}

/** The row may be older than an update, which moves the secret to a new item: then it is read once more. */
async function readAnySecret(
  services: CredentialServices,
  db: OrganizationModels,
  credential: Credential,
): Promise<CredentialSecret> {
  const vault = services.vaults.get(credential.vault_type);
  const item = credential.vault_item_id;
  try {
    if (item !== null) return await vault.read(db, credential.id, item);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'not_found') throw error;
  }
  const current = await findCredential(db, credential.id);
  if (current.vault_item_id === null || current.vault_item_id === item) throw notFound();
  return vault.read(db, current.id, current.vault_item_id);
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
