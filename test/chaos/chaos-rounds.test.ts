import { describe, expect, inject, test } from 'vitest';
import { findPrograms } from '../support/postgres-server.ts';
import { describeWith } from '../support/skip.ts';
import { chaosRounds } from './chaos-rounds.ts';

/** A few of the rounds of `npm run chaos`, which does 200. */
const SEED = 11;
const PATIENCE = { timeout: 400_000 };
const machine = { chromium: inject('chromium'), postgres: findPrograms() };

async function hold(kinds: string[], rounds: number): Promise<void> {
  const figures = await chaosRounds(kinds, machine, { rounds, seed: SEED });
  expect(figures.violations).toEqual([]);
  // Rounds that took no run would hold whatever happens.
  expect([figures.rounds, figures.taken > rounds]).toEqual([rounds, true]);
}

describe('nothing is lost, sent twice or left', () => {
  test('when the service, a browser and a thread are killed', PATIENCE, () =>
    hold(['service-sqlite', 'browser', 'thread'], 3),
  );
});

// In short, crash.test.ts and database-down.test.ts kill the service and PostgreSQL there, in one case each.
if (inject('thorough')) {
  describeWith(
    { name: 'PostgreSQL', available: machine.postgres !== null },
    'nothing is lost, sent twice or left',
    () => {
      test('when the service or PostgreSQL is killed', PATIENCE, () => hold(['service-postgres', 'postgres'], 2));
    },
  );
}
