import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import { toJson } from '../storage/json.ts';
import type { VaultConfig } from '../storage/rows.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { Sealer } from './data-keys.ts';
import { sealedById } from './sealed-place.ts';
import type { VaultType } from './vault.ts';
import type { ParsedConfig, VaultMetadata, VaultProvider } from './vault-provider.ts';

/** A configuration as it is read back: what it is, and the end of its secret. Times ISO 8601 UTC. */
export interface VaultConfigView {
  id: string;
  organization_id: string;
  token_type: string;
  valid: boolean;
  last_four: string;
  created_at: string;
  modified_at: string;
  /** The provider's addresses and names. */
  [metadata: string]: unknown;
}

/** What is kept sealed: the configuration, and which of its values are secrets. */
interface SealedConfig {
  config: unknown;
  secrets: string[];
}

const place = (id: string) => ({ record: id, field: 'vault configuration' });

export const SEALED_VAULT_CONFIGS = sealedById('vaultConfig', place);

/** The end of a secret that is long enough not to be given away by it. */
function lastFour(secret: string | undefined): string {
  return secret !== undefined && secret.length >= 12 ? secret.slice(-4) : '';
}

export function vaultConfigView(provider: VaultProvider, row: VaultConfig): VaultConfigView {
  return {
    ...(row.metadata as Record<string, unknown>),
    id: row.id,
    organization_id: row.organization_id,
    token_type: provider.tokenType,
    valid: row.valid_type !== null,
    last_four: row.last_four,
    created_at: row.created_at.toISOString(),
    modified_at: row.modified_at.toISOString(),
  };
}

/** The configuration in force; null: there is none. */
export async function currentVaultConfig(db: OrganizationModels, type: VaultType): Promise<VaultConfig | null> {
  return db.vaultConfig.findFirst({ where: { valid_type: type } });
}

/** The configurations there ever were with the places of their items, the one in force first, then the newest. */
async function placesOf(
  db: OrganizationModels,
  provider: VaultProvider,
): Promise<{ id: string; place: string | null }[]> {
  const rows = await db.vaultConfig.findMany({
    where: { vault_type: provider.type },
    orderBy: [{ valid_type: { sort: 'asc', nulls: 'last' } }, { created_at: 'desc' }, { id: 'desc' }],
    select: { id: true, metadata: true },
  });
  return rows.map(({ id, metadata }) => ({ id, place: provider.place(metadata as VaultMetadata) }));
}

/**
 * The configuration that a deletion is noted under: the one in force, or, where that makes no items, the newest before it
 * that did. Null: there is none.
 */
export async function lastMakingConfig(db: OrganizationModels, provider: VaultProvider): Promise<string | null> {
  return (await placesOf(db, provider)).find(({ place }) => place !== null)?.id ?? null;
}

/**
 * What opens the vault that a write was noted for: the newest configuration that names the place of the one it was noted
 * under, be it ended. A newer one may have a token that is still good; another place holds other items, perhaps under the
 * same ids, and its "not found" says nothing. Where the write names no configuration, the one in force.
 */
export async function vaultConfigOf(
  db: OrganizationModels,
  provider: VaultProvider,
  notedUnder: string | null,
): Promise<VaultConfig | null> {
  const current = await currentVaultConfig(db, provider.type);
  if (notedUnder === null || notedUnder === current?.id) return current;
  const all = await placesOf(db, provider);
  const own = all.find(({ id }) => id === notedUnder);
  if (!own) return null;
  const newest = own.place === null ? own : all.find(({ place }) => place === own.place);
  return db.vaultConfig.findFirst({ where: { id: newest?.id ?? own.id } });
}

/**
 * Stores a configuration and ends the one before it, in one transaction. Of two at once the later one is in force. Throws
 * `conflict` when others keep coming in between.
 */
export async function createVaultConfig(
  sealer: Sealer,
  db: OrganizationDb,
  type: VaultType,
  parsed: ParsedConfig<unknown>,
  actor: Actor,
): Promise<VaultConfig> {
  const store = () => db.transaction((tx) => insert(sealer, tx, type, parsed, actor));
  try {
    return await store();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    // Another one was committed in between, which this one now ends.
    return await store().catch((again: unknown) => {
      throw isUniqueViolation(again) ? new KeyturnError('conflict', { cause: again }) : again;
    });
  }
}

async function insert(
  sealer: Sealer,
  tx: OrganizationModels,
  type: VaultType,
  { config, metadata, secrets }: ParsedConfig<unknown>,
  actor: Actor,
): Promise<VaultConfig> {
  const id = newId('vaultConfig');
  const now = new Date();
  const former = await currentVaultConfig(tx, type);
  await tx.vaultConfig.updateMany({ where: { valid_type: type }, data: { valid_type: null, modified_at: now } });
  const plain = Buffer.from(JSON.stringify({ config, secrets } satisfies SealedConfig), 'utf8');
  const sealed = await sealer.seal(tx, place(id), plain);
  plain.fill(0);
  const row = await tx.vaultConfig.create({
    data: {
      id,
      organization_id: tx.organizationId,
      vault_type: type,
      valid_type: type,
      metadata: toJson(metadata),
      last_four: lastFour(secrets[0]),
      ...sealed,
      created_at: now,
      modified_at: now,
    },
  });
  const details = { vault_type: type };
  if (former) await AuditLog.write(tx, { actor, action: 'vault_config.invalidated', subject: former.id, details });
  await AuditLog.write(tx, { actor, action: 'vault_config.created', subject: id, details });
  return row;
}

/** Opens what is sealed of a configuration. Throws `unseal_failed`. */
export async function openVaultConfig(sealer: Sealer, db: OrganizationModels, row: VaultConfig): Promise<SealedConfig> {
  const plain = await sealer.open(db, { ...place(row.id), data_key_id: row.data_key_id }, row.sealed);
  try {
    return JSON.parse(plain.toString('utf8')) as SealedConfig;
  } finally {
    plain.fill(0);
  }
}
