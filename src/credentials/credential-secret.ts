import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { dropUnheldTokens, grantKeyOf } from '../codes/mailbox-token-store.ts';
import { passkeyKeyOf } from '../codes/passkey-counter.ts';
import { normalizeSeed } from '../codes/totp.ts';
import { invalidAt, KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { Credential } from '../storage/rows.ts';
import type { SecretToStore } from '../vaults/secret-store.ts';
import type { CredentialSecret, VaultType } from '../vaults/vault.ts';
import type { ParsedSecret, PasswordSecret } from './credential.ts';
import { type CredentialServices, findCredential, secretPlace } from './credential-store.ts';

/** An item that others keep in a vault, as a credential points at it. */
export interface LinkedItem {
  vaultType: VaultType;
  itemId: string;
}

export interface NewCredential {
  /** Where it was told beforehand, as to the audit log; a new one when left out. */
  id?: string;
  name: string;
  parsed: ParsedSecret;
  /** Left out: the vault of new credentials. */
  vaultType?: VaultType;
  /** An own profile that belongs to no credential yet. */
  profileId?: string | null;
  actor: Actor;
}

/** Where the tokens of its mailbox and the counter of its passkey are kept. */
async function keysOf({ dataKeys }: CredentialServices, tx: OrganizationModels, { secret }: ParsedSecret) {
  const { mailbox = null, passkey = null } = secret.credential_type === 'password' ? secret : {};
  return {
    mailbox_grant_key: await grantKeyOf(dataKeys, tx, mailbox),
    passkey_key: passkey && (await passkeyKeyOf(dataKeys, tx, passkey)),
  };
}

function toStore(credentialId: string, name: string, parsed: ParsedSecret): SecretToStore {
  const { totp_type, totp_identifier } = parsed.columns;
  const codes = { totp_type, totp_identifier };
  return { credentialId, name, secret: parsed.secret, codes, origins: parsed.allowedOrigins ?? [] };
}

/**
 * Stores a credential and its secret. Throws `vault_not_configured` and what the vault throws, or `not_found` /
 * `conflict` for a profile that is not this organization's / has a credential.
 */
export async function createCredential(
  services: CredentialServices,
  db: OrganizationDb,
  { id = newId('credential'), name, parsed, vaultType, profileId = null, actor }: NewCredential,
): Promise<Credential> {
  checkProfileUse(profileId, parsed);
  const type = vaultType ?? (await services.secrets.vaults.defaultType(db));
  return services.secrets.store(db, type, toStore(id, name, parsed), (tx, itemId) => {
    const place = { vault_type: type, vault_item_id: itemId, vault_item_owned: true };
    return insertNoted(services, tx, { id, name, parsed, place, profileId, expiresAt: null }, actor);
  });
}

/**
 * An item of ours goes with the credential it was made for, or is about to go: whoever else pointed at it would lose the
 * secret. Throws `invalid_request`.
 */
async function checkOthers(tx: OrganizationModels, { vaultType, itemId }: LinkedItem): Promise<void> {
  const item = { vault_type: vaultType };
  const owner = await tx.credential.findFirst({
    where: { ...item, vault_item_id: itemId, vault_item_owned: true },
    select: { id: true },
  });
  if (owner) throw invalidAt('/item_id', `is the item that Keyturn keeps for ${owner.id}; name one that others keep`);
  const leaving = await tx.vaultWrite.findFirst({ where: { ...item, item_id: itemId }, select: { id: true } });
  if (leaving) throw invalidAt('/item_id', 'is an item of Keyturn that is being deleted; name one that others keep');
}

/** Stores a credential whose secret lies in an item that others keep. Throws `invalid_request` for one of ours. */
export async function linkCredential(
  services: CredentialServices,
  db: OrganizationDb,
  {
    id = newId('credential'),
    name,
    parsed,
    link,
    profileId = null,
    actor,
  }: Omit<NewCredential, 'vaultType'> & { link: LinkedItem },
): Promise<Credential> {
  checkProfileUse(profileId, parsed);
  const place = { vault_type: link.vaultType, vault_item_id: link.itemId, vault_item_owned: false };
  return db.transaction(async (tx) => {
    await checkOthers(tx, link);
    return insertNoted(services, tx, { id, name, parsed, place, profileId, expiresAt: null }, actor);
  });
}

async function insertNoted(
  services: CredentialServices,
  tx: OrganizationModels,
  row: NewRow,
  actor: Actor,
): Promise<Credential> {
  const created = await insertCredential(services, tx, row);
  const details = { vault_type: created.vault_type };
  await AuditLog.write(tx, { actor, action: 'credential.created', subject: created.id, details });
  return created;
}

/**
 * Stores a credential that ends by itself, in the caller's transaction and in the built-in vault. What is known of it in
 * the audit log is the run it is made for.
 */
export async function createExpiringCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  { name, parsed, expiresAt }: { name: string; parsed: ParsedSecret; expiresAt: Date },
): Promise<Credential> {
  const id = newId('credential');
  const itemId = await services.secrets.storeWithin(tx, toStore(id, name, parsed));
  const place = { vault_type: 'local', vault_item_id: itemId, vault_item_owned: true };
  return insertCredential(services, tx, { id, name, parsed, place, profileId: null, expiresAt });
}

function checkProfileUse(profileId: string | null, parsed: ParsedSecret): void {
  if (profileId === null || parsed.columns.credential_type === 'password') return;
  throw invalidAt('/browser_profile_id', 'is only for password credentials');
}

interface NewRow {
  id: string;
  name: string;
  parsed: ParsedSecret;
  place: Pick<Credential, 'vault_type' | 'vault_item_id' | 'vault_item_owned'>;
  profileId: string | null;
  expiresAt: Date | null;
}

async function insertCredential(
  services: CredentialServices,
  tx: OrganizationModels,
  { id, name, parsed, place, profileId, expiresAt }: NewRow,
): Promise<Credential> {
  const now = new Date();
  const row = await tx.credential.create({
    data: {
      id,
      organization_id: tx.organizationId,
      name,
      ...parsed.columns,
      details: toJson(parsed.columns.details),
      ...place,
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
  return row;
}

/** A change of the secret: a new one, or another item of others'. */
export interface SecretChange {
  name?: string;
  parsed: ParsedSecret;
  /** Must be the vault it lies in. */
  vaultType?: VaultType;
  link?: LinkedItem;
  actor: Actor;
}

/**
 * Gives a credential a new secret of the same type, and for good if it was temporary. With a new username it is another
 * account: the profile, which lives and dies with its credential, is deleted and `tested_url` is forgotten. With another
 * refresh token for its mailbox the tokens that came of the one before are deleted. Of two
 * updates at once one wins whole and the other is `conflict`. Throws `not_found`, or `invalid_request` for another type
 * or vault.
 */
export async function updateCredential(
  services: CredentialServices,
  db: OrganizationDb,
  id: string,
  { name, parsed, vaultType, link, actor }: SecretChange,
): Promise<Credential> {
  const row = await findCredential(db, id);
  const type = row.vault_type as VaultType;
  if ((link?.vaultType ?? vaultType ?? type) !== type) {
    throw invalidAt('/vault_type', `must stay ${type}; a secret does not move between vaults`);
  }
  const repoint = async (tx: OrganizationModels, itemId: string): Promise<Credential> => {
    if (link) await checkOthers(tx, link);
    await replaceSecret(services, tx, row, { name, parsed, itemId, owned: link === undefined });
    await AuditLog.write(tx, { actor, action: 'credential.updated', subject: id });
    return findCredential(tx, id);
  };
  const updated = link
    ? await db.transaction((tx) => repoint(tx, link.itemId))
    : await services.secrets.store(db, type, toStore(id, name ?? row.name, parsed), repoint);
  services.secrets.wake();
  return updated;
}

/** Conditional on the item that is replaced: of two updates at once one would otherwise leave its item behind. */
async function replaceSecret(
  services: CredentialServices,
  tx: OrganizationModels,
  row: Credential,
  change: { name: string | undefined; parsed: ParsedSecret; itemId: string; owned: boolean },
): Promise<void> {
  const { name, parsed, itemId, owned } = change;
  const sameAccount = row.username === parsed.columns.username;
  const { count } = await tx.credential.updateMany({
    where: { id: row.id, vault_item_id: row.vault_item_id },
    data: {
      ...parsed.columns,
      details: toJson(parsed.columns.details),
      ...(name !== undefined && { name }),
      ...(parsed.allowedOrigins && { allowed_origins: toJson(parsed.allowedOrigins) }),
      ...(!sameAccount && { browser_profile_id: null, tested_url: null }),
      vault_item_id: itemId,
      vault_item_owned: owned,
      ...(await keysOf(services, tx, parsed)),
      temporary: false,
      expires_at: null,
      modified_at: new Date(),
    },
  });
  if (count === 0) throw new KeyturnError('conflict');
  if (!sameAccount) await services.profiles.removeOf(tx, row.id);
  await dropUnheldTokens(tx, row.mailbox_grant_key);
  await services.secrets.discard(tx, secretPlace(row));
}

/**
 * The secret of a password credential, for a login; `reader` says in the audit log who reads it, and for which run. Throws
 * `credential_type_not_testable` for another type, and `unavailable` where the log cannot be written.
 */
export async function readSecret(
  services: CredentialServices,
  db: OrganizationDb,
  credential: Credential,
  reader: { actor: Actor; related: string | null },
): Promise<PasswordSecret> {
  await AuditLog.recordRead(db, { ...reader, action: 'secret.read', subject: credential.id });
  const secret = await readAnySecret(services, db, credential);
  if (secret.credential_type !== 'password') throw new KeyturnError('credential_type_not_testable');
  return secret;
}

/** The row may be older than an update, which moves the secret to a new item: then it is read once more. */
async function readAnySecret(
  services: CredentialServices,
  db: OrganizationDb,
  credential: Credential,
): Promise<CredentialSecret> {
  const read = async (row: Credential) => {
    const { itemId, ...place } = secretPlace(row);
    if (itemId === null) throw new KeyturnError('not_found', { detail: 'The credential has no secret.' });
    return inOneSpelling((await services.secrets.read(db, { ...place, itemId })).secret);
  };
  try {
    return await read(credential);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'not_found') throw error;
    const current = await findCredential(db, credential.id);
    if (current.vault_item_id === credential.vault_item_id) throw error;
    return read(current);
  }
}

/** Others may have changed the item in its vault. Throws `invalid_totp`. */
function inOneSpelling(secret: CredentialSecret): CredentialSecret {
  if (secret.credential_type !== 'password' || secret.totp === null) return secret;
  return { ...secret, totp: normalizeSeed(secret.totp) };
}
