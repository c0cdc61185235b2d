import { KeyturnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database, OrganizationModels } from '../storage/db.ts';
import type { VaultWrite } from '../storage/rows.ts';
import type { ItemKey, Vault, VaultType } from './vault.ts';
import { VAULT_LIMIT_MS } from './vault-call.ts';
import type { VaultRegistry } from './vault-registry.ts';

/** A write is somebody's work for this long: longer than a vault is waited for. */
const OWNED_MS = VAULT_LIMIT_MS + 15_000;
/** A request that a killed process had sent may still be on its way: what it makes is looked for this long. */
const LATE_MS = 5 * 60_000;
/** Milliseconds to the next try or look: doubled from the first to the last. */
const PAUSE_MS = { first: 5_000, last: 60_000 };
const PAGE = 200;
/** Vaults looked after at the same time. */
const AT_ONCE = 4;

type Kind = 'create' | 'undo' | 'delete';

const keyOf = (row: VaultWrite): ItemKey => ({ credentialId: row.credential_id, writeId: row.id });
const ownedUntil = (now = new Date()): Date => new Date(now.getTime() + OWNED_MS);

/** A write as it is noted. */
export interface NewWrite {
  key: ItemKey;
  type: VaultType;
  /** The configuration of the vault that it is about; null: the one in force when it is looked after. */
  configId: string | null;
}

/** Notes that an item is about to be made: committed before the vault hears of it. */
export async function noteCreate(db: OrganizationModels, write: NewWrite): Promise<void> {
  await insert(db, write, { kind: 'create', next_at: ownedUntil() });
}

/** Notes, in the transaction that takes the item's name away, that it is to be deleted, at once. */
export async function noteDelete(tx: OrganizationModels, write: NewWrite, itemId: string): Promise<void> {
  await insert(tx, write, { kind: 'delete', item_id: itemId, next_at: new Date() });
}

async function insert(
  db: OrganizationModels,
  { key, type, configId }: NewWrite,
  row: { kind: Kind; item_id?: string; next_at: Date },
): Promise<void> {
  await db.vaultWrite.create({
    data: {
      ...row,
      id: key.writeId,
      organization_id: db.organizationId,
      credential_id: key.credentialId,
      vault_type: type,
      vault_config_id: configId,
      created_at: new Date(),
    },
  });
}

/** In the transaction that names the new item: the write is done. False when it was given up meanwhile. */
export async function noteCreated(tx: OrganizationModels, id: string): Promise<boolean> {
  const { count } = await tx.vaultWrite.deleteMany({ where: { id, kind: 'create' satisfies Kind } });
  return count === 1;
}

/** The item, if there is one, is not wanted any more: it is looked for at once. */
export async function noteAbandoned(
  db: OrganizationModels,
  id: string,
  sure: 'nothing made' | 'unsure',
): Promise<void> {
  const where = { id, kind: 'create' satisfies Kind };
  if (sure === 'nothing made') await db.vaultWrite.deleteMany({ where });
  else await db.vaultWrite.updateMany({ where, data: { kind: 'undo' satisfies Kind, next_at: new Date() } });
}

/** What a vault still has to be told, as it is shown. Times ISO 8601 UTC. */
export interface PendingWrites {
  count: number;
  oldest: string | null;
  last_error: string | null;
}

/** The unfinished deletions of a vault. */
export async function pendingWrites(db: OrganizationModels, type: VaultType): Promise<PendingWrites> {
  const rows = await db.vaultWrite.findMany({
    where: { vault_type: type, OR: [{ kind: 'delete' }, { last_error: { not: null } }] },
    orderBy: { created_at: 'asc' },
    select: { created_at: true, last_error: true },
  });
  const errors = rows.flatMap(({ last_error }) => last_error ?? []);
  return { count: rows.length, oldest: rows[0]?.created_at.toISOString() ?? null, last_error: errors.at(-1) ?? null };
}

/** What brings vaults and database together. `closing` calls it off. */
export interface SweepServices {
  database: Database;
  vaults: VaultRegistry;
  log: Logger;
  closing: AbortSignal;
}

/**
 * Brings vaults and database together: deletes the items that are to go, and what creates that never finished have left.
 * A vault that fails is tried again later with all that is due there; the others are not held up. What was called off is
 * due again at once.
 */
export async function sweepVaultWrites(deps: SweepServices, now: Date): Promise<void> {
  const rows = await deps.database.asSystem('sweep').vaultWrite.findMany({
    where: { next_at: { lte: now } },
    orderBy: { next_at: 'asc' },
    take: PAGE,
  });
  const vaultOf = (row: VaultWrite) => `${row.organization_id} ${row.vault_type} ${row.vault_config_id}`;
  const groups = Object.values(Object.groupBy(rows, vaultOf));
  const next = groups[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const group of next) if (group) await sweepGroup(deps, group, now);
    }),
  );
}

async function sweepGroup(deps: SweepServices, rows: VaultWrite[], now: Date): Promise<void> {
  const { database, log, closing } = deps;
  const [first] = rows;
  if (!first) return;
  const db = database.forOrganization(first.organization_id);
  let failure: string | null = null;
  for (const row of rows) {
    if (closing.aborted) return;
    if (!(await claim(db, row, now))) continue;
    failure ??= await finish(deps, db, row, now);
    if (failure === null) continue;
    // What was called off says nothing of the vault.
    if (closing.aborted) await release(db, row, now);
    else await comeBack(db, row, failure, now);
  }
  if (failure === null) return;
  const { organization_id, vault_type, vault_config_id } = first;
  const facts = { organization_id, vault_type, vault_config_id, detail: failure };
  log.warn(facts, 'a vault could not be cleaned up and is tried again');
}

/** Another process may look after it at the same time; a create becomes an undo, so that it can no longer succeed. */
async function claim(db: OrganizationModels, row: VaultWrite, now: Date): Promise<boolean> {
  const kind: Kind = row.kind === 'delete' ? 'delete' : 'undo';
  const { count } = await db.vaultWrite.updateMany({
    where: { id: row.id, kind: row.kind, next_at: row.next_at },
    data: { kind, next_at: ownedUntil(now) },
  });
  return count === 1;
}

/** Ends the claim: whoever sweeps next may look after it. */
async function release(db: OrganizationModels, { id }: VaultWrite, now: Date): Promise<void> {
  await db.vaultWrite.updateMany({ where: { id }, data: { next_at: now } });
}

/** Null when it is done, else what went wrong. */
async function finish(
  { vaults, closing }: SweepServices,
  db: OrganizationModels,
  row: VaultWrite,
  now: Date,
): Promise<string | null> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(VAULT_LIMIT_MS)]);
  try {
    const work = (vault: Vault) => remove(vault, row, signal);
    await vaults.use(db, row.vault_type as VaultType, work, row.vault_config_id);
  } catch (error) {
    if (error instanceof KeyturnError) return error.message;
    throw error;
  }
  const lateUntil = row.created_at.getTime() + LATE_MS;
  if (row.kind === 'delete' || lateUntil <= now.getTime()) await db.vaultWrite.deleteMany({ where: { id: row.id } });
  else await comeBack(db, row, null, now);
  return null;
}

async function remove(vault: Vault, row: VaultWrite, signal: AbortSignal): Promise<void> {
  const items = row.item_id === null ? await vault.find(keyOf(row), signal) : [row.item_id];
  for (const item of items) await vault.delete(row.credential_id, item, signal);
}

/** The first looks follow soon on each other: a vault that was asked a moment too early may not know of an item yet. */
async function comeBack(db: OrganizationModels, row: VaultWrite, failure: string | null, now: Date): Promise<void> {
  const attempts = row.attempts + 1;
  const pause = Math.min(PAUSE_MS.first * 2 ** (attempts - 1), PAUSE_MS.last);
  await db.vaultWrite.updateMany({
    where: { id: row.id },
    data: { attempts, last_error: failure?.slice(0, 300) ?? null, next_at: later(now, pause) },
  });
}

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms);
