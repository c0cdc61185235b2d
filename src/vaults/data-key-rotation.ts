import { AuditLog } from '../audit/audit-log.ts';
import type { Logger } from '../log.ts';
import type { Database, OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { DataKeys } from './data-keys.ts';
import { countSealed, resealPage, type SealedPlace } from './sealed-place.ts';

/** One sweep works on it for about so many milliseconds: other sweeps have their turn too. */
const TURN_MS = 2_000;
/**
 * A retired key is kept at least so long. Every process has read the keys anew by then, so none is refused for sealing
 * under a key that has just gone.
 */
const KEEP_RETIRED_MS = 2 * 60_000;

/** A data key as the API shows it. Times ISO 8601 UTC. */
export interface DataKeyView {
  data_key_id: string;
  /** Whether it is the one that seals. */
  current: boolean;
  sealed_rows: number;
  created_at: string;
  /** Since then it only opens, and its rows are sealed anew. */
  retired_at: string | null;
}

/** The data keys of an organization, oldest first, and how much is sealed under each: how far a rotation has come. */
export async function listDataKeys(db: OrganizationModels, places: readonly SealedPlace[]): Promise<DataKeyView[]> {
  const rows = await db.dataKey.findMany({
    where: { purpose: 'seal', destroyed_at: null },
    orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
  });
  const views: DataKeyView[] = [];
  for (const row of rows) {
    views.push({
      data_key_id: row.id,
      current: row.retired_at === null,
      sealed_rows: await countSealed(db, places, row.id),
      created_at: row.created_at.toISOString(),
      retired_at: row.retired_at?.toISOString() ?? null,
    });
  }
  return views;
}

/** Seals what lies under retired data keys anew, and destroys those that nothing lies under any more. */
export class DataKeyRotation {
  readonly #database: Database;
  readonly #dataKeys: DataKeys;
  readonly #places: readonly SealedPlace[];
  readonly #log: Logger;

  constructor(services: { database: Database; dataKeys: DataKeys; log: Logger }, places: readonly SealedPlace[]) {
    this.#database = services.database;
    this.#dataKeys = services.dataKeys;
    this.#log = services.log;
    this.#places = places;
  }

  /**
   * One turn of the work, of all organizations that have any. Everything it knows is in the rows, so whoever comes next,
   * after a crash too, goes on.
   */
  async sweep(now: Date): Promise<void> {
    const until = performance.now() + TURN_MS;
    const retired = await this.#database.asSystem('key-rotation').dataKey.findMany({
      where: { retired_at: { not: null }, destroyed_at: null },
      orderBy: { retired_at: 'asc' },
    });
    for (const [organizationId, keys] of Map.groupBy(retired, (key) => key.organization_id)) {
      const db = this.#database.forOrganization(organizationId);
      // What is in memory may be older than the rotation.
      this.#dataKeys.forget(db);
      const ids = keys.map((key) => key.id);
      for (const place of this.#places) await this.#reseal(db, place, ids, until);
      for (const { id, retired_at } of keys) {
        if (retired_at && now.getTime() - retired_at.getTime() >= KEEP_RETIRED_MS) await this.#destroy(db, id, now);
      }
    }
  }

  async #reseal(db: OrganizationDb, place: SealedPlace, keys: string[], until: number): Promise<void> {
    let after: string | null = '';
    const onDamaged = (id: string, error: unknown): void =>
      this.#log.error({ err: error, model: place.model, id }, 'a sealed row could not be sealed anew');
    while (after !== null && performance.now() < until) {
      after = await resealPage(this.#dataKeys, db, place, { keys, after, onDamaged });
    }
  }

  /**
   * Destroys a key unless something lies under it. The update comes first: on PostgreSQL it waits for those who are
   * writing a row under the key, and whoever comes after it is refused by a trigger, so the count is the last word.
   */
  async #destroy(db: OrganizationDb, id: string, now: Date): Promise<void> {
    const undone = new Error('Something is still sealed under the data key');
    try {
      await db.transaction(async (tx) => {
        const { count } = await tx.dataKey.updateMany({
          where: { id, destroyed_at: null },
          data: { destroyed_at: now, wrapped: new Uint8Array() },
        });
        if (count === 0) return;
        if ((await countSealed(tx, this.#places, id)) > 0) throw undone;
        await AuditLog.write(tx, { actor: 'service', action: 'data_key.destroyed', subject: id });
      });
    } catch (error) {
      if (error !== undone) throw error;
    }
  }
}
