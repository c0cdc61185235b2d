import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { Sealer } from './data-keys.ts';
import type { CredentialSecret } from './vault.ts';

/** The item is bound to its credential as well: an item moved to another credential does not open. */
function place(credentialId: string, itemId: string) {
  return { record: `${credentialId}/${itemId}`, field: 'secret' };
}

/** The built-in vault: sealed rows in the database, written through the caller's transaction. */
export class LocalVault {
  readonly type = 'local';
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  async create(db: OrganizationModels, credentialId: string, secret: CredentialSecret): Promise<string> {
    const id = newId('vaultItem');
    const plain = Buffer.from(JSON.stringify(secret), 'utf8');
    const sealed = await this.#sealer.seal(db, place(credentialId, id), plain);
    plain.fill(0);
    await db.vaultItem.create({
      data: {
        id,
        organization_id: db.organizationId,
        credential_id: credentialId,
        ...sealed,
        created_at: new Date(),
      },
    });
    return id;
  }

  async read(db: OrganizationModels, credentialId: string, itemId: string): Promise<CredentialSecret> {
    const row = await db.vaultItem.findFirst({ where: { id: itemId, credential_id: credentialId } });
    if (!row) throw new KeyturnError('not_found');
    const { data_key_id } = row;
    const plain = await this.#sealer.open(db, { ...place(credentialId, itemId), data_key_id }, row.sealed);
    try {
      return JSON.parse(plain.toString('utf8')) as CredentialSecret;
    } finally {
      plain.fill(0);
    }
  }

  /** A new item instead of an overwritten one: whoever reads at the same time gets one secret or the other, whole. */
  async update(
    db: OrganizationModels,
    credentialId: string,
    itemId: string,
    secret: CredentialSecret,
  ): Promise<string> {
    const id = await this.create(db, credentialId, secret);
    await this.delete(db, credentialId, itemId);
    return id;
  }

  async delete(db: OrganizationModels, credentialId: string, itemId: string): Promise<void> {
    await db.vaultItem.deleteMany({ where: { id: itemId, credential_id: credentialId } });
  }
}
