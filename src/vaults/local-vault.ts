import { KeyturnError } from '../errors.ts';
import { ID_PREFIXES } from '../ids.ts';
import type { OrganizationModels } from '../storage/db.ts';
import { isUniqueViolation } from '../storage/unique-violation.ts';
import type { Sealer } from './data-keys.ts';
import type { CredentialSecret, ItemKey, NewItem, Vault, VaultItem } from './vault.ts';

/** The item is bound to its credential as well: an item moved to another credential does not open. */
function place(credentialId: string, itemId: string) {
  return { record: `${credentialId}/${itemId}`, field: 'secret' };
}

const itemIdOf = ({ writeId }: ItemKey): string => ID_PREFIXES.vaultItem + writeId.slice(ID_PREFIXES.vaultWrite.length);

/**
 * The built-in vault: sealed rows in the database. `db` is the caller's transaction, so that an item is there if and
 * only if what names it is.
 */
export class LocalVault implements Vault {
  readonly type = 'local';
  readonly writable = true;
  readonly #sealer: Sealer;
  readonly #db: OrganizationModels;

  constructor(sealer: Sealer, db: OrganizationModels) {
    this.#sealer = sealer;
    this.#db = db;
  }

  async create({ key, secret }: NewItem): Promise<string> {
    const id = itemIdOf(key);
    const plain = Buffer.from(JSON.stringify(secret), 'utf8');
    const sealed = await this.#sealer.seal(this.#db, place(key.credentialId, id), plain);
    plain.fill(0);
    const row = {
      id,
      organization_id: this.#db.organizationId,
      credential_id: key.credentialId,
      created_at: new Date(),
    };
    try {
      await this.#db.vaultItem.create({ data: { ...row, ...sealed } });
    } catch (error) {
      throw isUniqueViolation(error) ? new KeyturnError('conflict', { cause: error }) : error;
    }
    return id;
  }

  async find(key: ItemKey): Promise<string[]> {
    const where = { id: itemIdOf(key), credential_id: key.credentialId };
    return (await this.#db.vaultItem.findMany({ where, select: { id: true } })).map(({ id }) => id);
  }

  async read(credentialId: string, itemId: string): Promise<VaultItem> {
    const row = await this.#db.vaultItem.findFirst({ where: { id: itemId, credential_id: credentialId } });
    if (!row) throw new KeyturnError('not_found', { detail: 'The built-in vault has no such item.' });
    const { data_key_id } = row;
    const plain = await this.#sealer.open(this.#db, { ...place(credentialId, itemId), data_key_id }, row.sealed);
    try {
      return { secret: JSON.parse(plain.toString('utf8')) as CredentialSecret, addresses: [] };
    } finally {
      plain.fill(0);
    }
  }

  async delete(credentialId: string, itemId: string): Promise<void> {
    await this.#db.vaultItem.deleteMany({ where: { id: itemId, credential_id: credentialId } });
  }

  /** It opens as long as the database does. */
  async check(): Promise<void> {}
}
