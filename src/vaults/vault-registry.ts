import { randomUUID } from 'node:crypto';
import { AuditLog } from '../audit/audit-log.ts';
import { type ErrorCode, KeyturnError } from '../errors.ts';
import type { Scrubber } from '../scrub.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { Sealer } from './data-keys.ts';
import { LocalVault } from './local-vault.ts';
import type { Vault, VaultType } from './vault.ts';
import { lastMakingConfig, openVaultConfig, vaultConfigOf } from './vault-config-store.ts';
import type { VaultEnvironment, VaultProvider } from './vault-provider.ts';

export interface VaultRegistryOptions {
  sealer: Sealer;
  providers: readonly VaultProvider[];
  environment: Omit<VaultEnvironment, 'recordRead'>;
  scrubber: Scrubber;
  /** The vault of credentials that name none, where their organization names none either. */
  defaultType: VaultType;
  /** Told of each use: how long it took, and the code of the error it ended with. */
  onUse(type: VaultType, seconds: number, failure: ErrorCode | null): void;
}

/** The vaults an organization can use, by type: the built-in one and those it has configured. */
export class VaultRegistry {
  readonly #options: VaultRegistryOptions;

  constructor(options: VaultRegistryOptions) {
    this.#options = options;
  }

  get providers(): readonly VaultProvider[] {
    return this.#options.providers;
  }

  /** The built-in vault, writing through the caller's transaction. */
  local(db: OrganizationModels): LocalVault {
    return new LocalVault(this.#options.sealer, db);
  }

  /** The vault of new credentials of the organization. */
  async defaultType(db: OrganizationModels): Promise<VaultType> {
    const organization = await db.organization.findFirst({ select: { default_vault_type: true } });
    return (organization?.default_vault_type as VaultType | null) ?? this.#options.defaultType;
  }

  /** The configuration that the deletion of an item is noted under; null: the one in force when it is carried out. */
  async configOfItems(db: OrganizationModels, type: VaultType): Promise<string | null> {
    const provider = this.#provider(type);
    return provider ? lastMakingConfig(db, provider) : null;
  }

  /**
   * Uses a vault of the organization: what opens it is in memory, and scrubbed from everything, for as long as that
   * takes; `work` does nothing else. Throws `vault_not_configured`, or what the vault throws; an error that is not ours
   * comes out as `vault_failed` without its words, which may hold a secret. For a write that is noted: `notedUnder` is the
   * configuration it was noted under, whose place is gone to, whatever is in force by now.
   */
  async use<T>(
    db: OrganizationModels,
    type: VaultType,
    work: (vault: Vault) => Promise<T>,
    notedUnder: string | null = null,
  ): Promise<T> {
    const started = performance.now();
    const told = (failure: ErrorCode | null): void =>
      this.#options.onUse(type, (performance.now() - started) / 1000, failure);
    try {
      const result = await this.#open(db, type, work, notedUnder);
      told(null);
      return result;
    } catch (error) {
      told(error instanceof KeyturnError ? error.code : 'internal');
      throw error;
    }
  }

  #provider(type: VaultType): VaultProvider | undefined {
    return this.#options.providers.find((one) => one.type === type);
  }

  async #open<T>(
    db: OrganizationModels,
    type: VaultType,
    work: (vault: Vault) => Promise<T>,
    notedUnder: string | null,
  ): Promise<T> {
    if (type === 'local') return work(this.local(db));
    const { sealer, scrubber, environment } = this.#options;
    const provider = this.#provider(type);
    const row = provider && (await vaultConfigOf(db, provider, notedUnder));
    if (!provider || !row) {
      throw new KeyturnError('vault_not_configured', { detail: `The vault "${type}" is not configured.` });
    }
    const { config, secrets } = await openVaultConfig(sealer, db, row);
    const recordRead = (subject: string): Promise<void> => {
      const details = { vault_type: type, reason: 'read_back' };
      return AuditLog.recordRead(db, { actor: 'service', action: 'secret.read', subject, details });
    };
    const scope = `vault ${randomUUID()}`;
    scrubber.add(scope, secrets);
    try {
      return await work(provider.open(config, { ...environment, recordRead }));
    } catch (error) {
      if (error instanceof KeyturnError) throw error;
      throw new KeyturnError('vault_failed', { detail: `${provider.title} could not be used.` });
    } finally {
      scrubber.remove(scope);
    }
  }
}
