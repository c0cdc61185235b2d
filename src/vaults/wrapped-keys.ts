import { KeyturnError } from '../errors.ts';
import type { Models } from '../storage/db.ts';
import type { DataKey } from '../storage/rows.ts';
import { fingerprint } from './master-keys.ts';
import { open, seal } from './seal.ts';

/** A new key as its row: `seal` seals records, `hmac` is the key of the organization's HMACs. */
export type DataKeyRow = Omit<DataKey, 'retired_at' | 'destroyed_at'> & { purpose: 'seal' | 'hmac' };

type KeyName = Pick<DataKey, 'id' | 'organization_id' | 'purpose'>;

const FIELDS: Record<string, string> = { seal: 'data key', hmac: 'hmac key' };

/** What a wrapped key is bound to: one key does not open as another, and none for another purpose. */
function wrapContext(row: KeyName) {
  return { organization: row.organization_id, record: row.id, field: FIELDS[row.purpose] ?? row.purpose };
}

/** The key of a row; null when none of these master keys wraps it. Throws `unseal_failed` for a damaged row. */
export function unwrapKey(masterKeys: readonly Buffer[], row: DataKey): Buffer | null {
  const master = masterKeys.find((key) => fingerprint(key) === row.master_key_id);
  return master ? open(master, wrapContext(row), row.wrapped) : null;
}

export function wrapKey(master: Buffer, row: KeyName, key: Uint8Array) {
  return { master_key_id: fingerprint(master), wrapped: seal(master, wrapContext(row), key) };
}

const PAGE = 500;

/** Every wrapped key of every organization that is not destroyed, a page at a time. */
export async function* allDataKeys(db: Pick<Models, 'dataKey'>): AsyncGenerator<DataKey> {
  let after = '';
  while (true) {
    const rows = await db.dataKey.findMany({
      where: { id: { gt: after }, destroyed_at: null },
      orderBy: { id: 'asc' },
      take: PAGE,
    });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}

/** Refuses a master key that does not open what is stored, before anything is changed: `bad_master_key`. */
export async function verifyMasterKeys(db: Pick<Models, 'dataKey'>, masterKeys: readonly Buffer[]): Promise<void> {
  for await (const row of allDataKeys(db)) {
    try {
      if (unwrapKey(masterKeys, row)) continue;
    } catch (error) {
      throw new KeyturnError('bad_master_key', { cause: error });
    }
    throw new KeyturnError('bad_master_key');
  }
}
