import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Every row of the long tables, not only each fourth. */
    thorough: boolean;
  }
}

/**
 * Which rows of a long table are tried for what the other rows show too: each fourth (or `each`) in `npm test`, all of
 * them in `npm run test:thorough`.
 */
export function isTried(index: number, each = 4): boolean {
  return inject('thorough') || index % each === 0;
}

/** The rows of a long table that are tried. */
export function triedOf<Row>(rows: readonly Row[], each = 4): Row[] {
  return rows.filter((_row, index) => isTried(index, each));
}
