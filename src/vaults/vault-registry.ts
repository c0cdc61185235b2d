import { KeyturnError } from '../errors.ts';
import type { LocalVault } from './local-vault.ts';
import { VAULT_TYPES } from './vault.ts';

/** The vaults of this service by type. */
export class VaultRegistry {
  readonly #vaults: ReadonlyMap<string, LocalVault>;
  readonly #defaultType: string;

  /** `defaultType` is the vault of credentials that name none. */
  constructor(vaults: readonly LocalVault[], defaultType: string) {
    this.#vaults = new Map(vaults.map((vault) => [vault.type, vault]));
    this.#defaultType = defaultType;
  }

  /** Throws `vault_not_configured` for a known type without a vault here, `invalid_request` for any other. */
  get(type: string = this.#defaultType): LocalVault {
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
