import type { OrganizationModels } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import type { SealedPlace } from '../vaults/sealed-place.ts';

const place = (runId: string) => ({ record: runId, field: 'start url' });

export const SEALED_START_URLS: SealedPlace = {
  model: 'run',
  keyColumn: 'start_url_key_id',
  sealedColumn: 'start_url_sealed',
  boundTo: [],
  bind: ({ id = '' }) => place(id),
};

/** The columns of a run that begins at a secret address: sealed, and erased when the run is over. */
export async function sealStartUrl(sealer: Sealer, tx: OrganizationModels, runId: string, address: string) {
  const plain = Buffer.from(address, 'utf8');
  const { data_key_id, sealed } = await sealer.seal(tx, place(runId), plain);
  plain.fill(0);
  return { start_url_key_id: data_key_id, start_url_sealed: sealed };
}

/** What is left of it afterwards. */
export const NO_START_URL = { start_url_key_id: null, start_url_sealed: null } as const;

/** The secret address a run begins at; null for a run whose address is no secret. Throws `unseal_failed`. */
export async function openStartUrl(sealer: Sealer, db: OrganizationModels, run: Run): Promise<string | null> {
  if (run.start_url_sealed === null || run.start_url_key_id === null) return null;
  const plain = await sealer.open(db, { ...place(run.id), data_key_id: run.start_url_key_id }, run.start_url_sealed);
  const address = plain.toString('utf8');
  plain.fill(0);
  return address;
}
