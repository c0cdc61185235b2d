import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { ItemKey, NewItem, Vault, VaultItem, VaultType } from './vault.ts';
import { VAULT_LIMIT_MS } from './vault-call.ts';
import { currentVaultConfig } from './vault-config-store.ts';
import type { VaultRegistry } from './vault-registry.ts';
import { noteAbandoned, noteCreate, noteCreated, noteDelete } from './vault-writes.ts';

/** A secret on its way to a vault. */
export type SecretToStore = Omit<NewItem, 'key'> & { credentialId: string };

/** Where a credential's secret lies. */
export interface SecretPlace {
  credentialId: string;
  vaultType: VaultType;
  /** Null: it has none (yet). */
  itemId: string | null;
  /** False: the item is not ours to delete. */
  owned: boolean;
}

/** Refusals after which the vault has made nothing for sure. */
const MADE_NOTHING = ['vault_not_configured', 'vault_refused'];

/**
 * The order of work between the database and the vaults, so that a crash at any point leaves nothing in either. A vault
 * outside is written before the transaction that names its item, behind a note that is committed first; the built-in one
 * inside that transaction. Items that are to go are noted in the transaction that takes their name away.
 */
export class SecretStore {
  readonly vaults: VaultRegistry;
  /** Begins a sweep of the vaults: call it after a transaction that may have let go of a secret. */
  readonly wake: () => void;

  constructor(vaults: VaultRegistry, wake: () => void) {
    this.vaults = vaults;
    this.wake = wake;
  }

  /** Stores a secret and names its item in the transaction of `name`. Throws what the vault or `name` throws. */
  async store<T>(
    db: OrganizationDb,
    type: VaultType,
    secret: SecretToStore,
    name: (tx: OrganizationModels, itemId: string) => Promise<T>,
  ): Promise<T> {
    if (type === 'local') {
      return db.transaction(async (tx) => name(tx, await this.storeWithin(tx, secret)));
    }
    const { item, key } = newItem(secret);
    const configId = (await currentVaultConfig(db, type))?.id ?? null;
    await noteCreate(db, { key, type, configId });
    try {
      const create = (vault: Vault) => vault.create(item, AbortSignal.timeout(VAULT_LIMIT_MS));
      const itemId = await this.vaults.use(db, type, create, configId);
      return await db.transaction(async (tx) => {
        // The sweep may have given it up: then the item is gone, or about to go.
        if (!(await noteCreated(tx, key.writeId))) throw new KeyturnError('vault_failed');
        return name(tx, itemId);
      });
    } catch (error) {
      const nothing = error instanceof KeyturnError && MADE_NOTHING.includes(error.code);
      await noteAbandoned(db, key.writeId, nothing ? 'nothing made' : 'unsure');
      this.wake();
      throw error;
    }
  }

  /** Stores a secret in the built-in vault, in the caller's transaction. Returns the item's id. */
  async storeWithin(tx: OrganizationModels, secret: SecretToStore): Promise<string> {
    return this.vaults.local(tx).create(newItem(secret).item);
  }

  /** Lets go of a secret, in the transaction in which its credential does. */
  async discard(tx: OrganizationModels, { credentialId, vaultType, itemId, owned }: SecretPlace): Promise<void> {
    if (itemId === null || !owned) return;
    if (vaultType === 'local') return this.vaults.local(tx).delete(credentialId, itemId);
    const configId = await this.vaults.configOfItems(tx, vaultType);
    await noteDelete(tx, { key: { credentialId, writeId: newId('vaultWrite') }, type: vaultType, configId }, itemId);
  }

  /** Whether a vault lets us in; the error where it does not. */
  async check(db: OrganizationModels, type: VaultType): Promise<KeyturnError | null> {
    try {
      await this.vaults.use(db, type, (vault) => vault.check(AbortSignal.timeout(VAULT_LIMIT_MS)));
      return null;
    } catch (error) {
      if (error instanceof KeyturnError) return error;
      throw error;
    }
  }

  /** Reads a secret. Throws `not_found` for an item that is not there, or what the vault throws. */
  async read(
    db: OrganizationModels,
    place: { vaultType: VaultType; credentialId: string; itemId: string },
  ): Promise<VaultItem> {
    const signal = AbortSignal.timeout(VAULT_LIMIT_MS);
    return this.vaults.use(db, place.vaultType, (vault) => vault.read(place.credentialId, place.itemId, signal));
  }
}

function newItem({ credentialId, ...rest }: SecretToStore): { item: NewItem; key: ItemKey } {
  const key = { credentialId, writeId: newId('vaultWrite') };
  return { key, item: { key, ...rest } };
}
