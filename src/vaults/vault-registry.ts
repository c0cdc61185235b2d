import { KeyturnError } from '../errors.ts';
import type { Vault } from './vault.ts';

/** Every vault type a caller may name, configured or not. */
export const VAULT_TYPES = ['local', 'bitwarden', 'azure_vault', 'onepassword', 'custom'] as const;

/** The vaults of this service by type. */
export class VaultRegistry {
  readonly #vaults: ReadonlyMap<string, Vault>;
  readonly #defaultType: string;

  /** `defaultType` is the vault of credentials that name none. */
  constructor(vaults: readonly Vault[], defaultType: string) {
    this.#vaults = new Map(vaults.map((vault) => [vault.type, vault]));
    this.#defaultType = defaultType;
  }

  /** Throws `vault_not_configured` for a known type without a vault here, `invalid_request` for any other. */
  get(type: string = this.#defaultType): Vault {
    const vault = this.#vaults.get(type);
    if (vault) return vault;
    if (VAULT_TYPES.some((known) => known === type)) {
      throw new KeyturnError('vault_not_configured', { detail: `The vault "${type}" is not configured.` });
    }
    throw new KeyturnError('invalid_request', {
      errors: [{ path: 'vault_type', message: `must be one of ${VAULT_TYPES.join(', ')}` }],
    });
  }
}
