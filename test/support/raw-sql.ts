import type { Models } from '../../src/storage/db.ts';
import { EVERYWHERE, withRowsOf } from '../../src/storage/row-scope.ts';
import { clientOf } from '../../src/storage/scoped-database.ts';

/** Runs SQL on the connection behind models, past the scope of an organization. Returns how many rows it changed. */
export function executeSql(models: Models, sql: string): Promise<number> {
  return withRowsOf(EVERYWHERE, async () => await clientOf(models).$executeRawUnsafe(sql));
}
