import type { Models, OrganizationModelName, OrganizationModels } from '../storage/db.ts';
import type { Sealer } from './data-keys.ts';

/** A column that holds sealed bytes, the column that names their key, and what they are bound to. */
export interface SealedPlace {
  readonly model: OrganizationModelName;
  readonly keyColumn: string;
  readonly sealedColumn: string;
  /** The columns that `bind` reads, besides `id`. */
  readonly boundTo: readonly string[];
  bind(row: Record<string, string>): { record: string; field: string };
}

/** A place in the usual columns, bound to the row's own id. */
export function sealedById(
  model: OrganizationModelName,
  bind: (id: string) => { record: string; field: string },
): SealedPlace {
  return {
    model,
    keyColumn: 'data_key_id',
    sealedColumn: 'sealed',
    boundTo: [],
    bind: ({ id = '' }) => bind(id),
  };
}

/** What is asked of a model when only its place is known. */
interface SealedModel {
  findMany(args: object): Promise<Record<string, unknown>[]>;
  updateMany(args: object): Promise<{ count: number }>;
  count(args: object): Promise<number>;
}

function modelOf(db: Models, place: SealedPlace): SealedModel {
  return db[place.model] as unknown as SealedModel;
}

/** How many rows are sealed under a key. */
export async function countSealed(
  db: OrganizationModels,
  places: readonly SealedPlace[],
  dataKeyId: string,
): Promise<number> {
  let rows = 0;
  for (const place of places) {
    rows += await modelOf(db, place).count({ where: { [place.keyColumn]: dataKeyId } });
  }
  return rows;
}

/** Rows taken up at a time: a sealed session can be megabytes. */
const PAGE = 20;

/**
 * Seals the rows of one place anew that are under one of these keys and come after an id, a page of them. A row that was
 * changed in the meantime is left for the next look, one that does not open is told and left as it is. Returns the id
 * to go on after, null at the end.
 */
export async function resealPage(
  sealer: Sealer,
  db: OrganizationModels,
  place: SealedPlace,
  page: { keys: readonly string[]; after: string; onDamaged: (id: string, error: unknown) => void },
): Promise<string | null> {
  const { keyColumn, sealedColumn } = place;
  const columns = ['id', keyColumn, sealedColumn, ...place.boundTo];
  const rows = await modelOf(db, place).findMany({
    where: { [keyColumn]: { in: [...page.keys] }, id: { gt: page.after } },
    orderBy: { id: 'asc' },
    take: PAGE,
    select: Object.fromEntries(columns.map((name) => [name, true])),
  });
  for (const row of rows) {
    try {
      await resealRow(sealer, db, place, row);
    } catch (error) {
      page.onDamaged(String(row.id), error);
    }
  }
  return rows.length < PAGE ? null : String(rows.at(-1)?.id);
}

async function resealRow(
  sealer: Sealer,
  db: OrganizationModels,
  place: SealedPlace,
  row: Record<string, unknown>,
): Promise<void> {
  const { keyColumn, sealedColumn } = place;
  const old = row[sealedColumn] as Uint8Array;
  const bound = place.bind(row as Record<string, string>);
  const plain = await sealer.open(db, { ...bound, data_key_id: String(row[keyColumn]) }, old);
  const fresh = await sealer.seal(db, bound, plain).finally(() => plain.fill(0));
  // The bytes too: whoever wrote the row again under the same key wrote another secret.
  await modelOf(db, place).updateMany({
    where: { id: row.id, [keyColumn]: row[keyColumn], [sealedColumn]: old },
    data: { [keyColumn]: fresh.data_key_id, [sealedColumn]: fresh.sealed },
  });
}
