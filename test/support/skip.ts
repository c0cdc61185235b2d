import { describe } from 'vitest';
import { BESIDE, NOT_GRANTED } from './skipped-names.ts';

/** Something a test needs that may be absent on this machine, such as a PostgreSQL server. */
export interface Counterpart {
  readonly name: string;
  readonly available: boolean;
  /** It comes beside the checkout or not at all: no script can bring it. */
  readonly beside?: boolean;
  /** A right that containers often lack. */
  readonly right?: boolean;
}

/**
 * `describe` that is skipped, and reported as `SKIPPED <name> [needs <counterpart>]`, where the counterpart is absent.
 * KEYTURN_TEST_REQUIRE_ALL=1 turns that into a failure of the run, except for what no script can bring.
 */
export function describeWith(counterpart: Counterpart, name: string, tests: () => void): void {
  if (counterpart.available) describe(name, tests);
  else describe.skip(`${name} [needs ${counterpart.name}${whyNot(counterpart)}]`, tests);
}

function whyNot({ beside, right }: Counterpart): string {
  if (beside) return `, ${BESIDE}`;
  return right ? `, ${NOT_GRANTED}` : '';
}
