/**
 * Kills the service, a worker, a browser, a thread or PostgreSQL at random moments of real logins, 200 times in all, and
 * looks after each time whether anything was lost, sent twice or left: `npm run chaos`. The number of rounds, the kind
 * and the seed can be given: `npm run chaos -- 20 browser 7`. Exits with 1 at any violation.
 */
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';
import { findPrograms } from '../support/postgres-server.ts';
import { chaosRounds, describeFigures } from './chaos-rounds.ts';
import { KINDS } from './kinds.ts';

const [, , count = '200', only, seed = '7'] = process.argv;
const all = Object.values(KINDS).reduce((sum, { share }) => sum + share, 0);
const { executable } = await ensureChromium({ chromium: process.env.KEYTURN_CHROMIUM || null });
const machine = { chromium: executable, postgres: findPrograms() };

let violations = 0;
for (const [name, { database, share }] of Object.entries(KINDS)) {
  if (only !== undefined && only !== name) continue;
  if (database === 'postgresql' && machine.postgres === null) {
    console.info(`${name}: SKIPPED, there is no PostgreSQL here`);
    continue;
  }
  const rounds = only === undefined ? Math.max(1, Math.round((Number(count) * share) / all)) : Number(count);
  const figures = await chaosRounds([name], machine, {
    rounds,
    seed: Number(seed),
    tell: (round, found) => {
      for (const text of found) console.info(`${name}, round ${round}: ${text}`);
    },
  });
  violations += figures.violations.length;
  console.info(describeFigures(name, figures));
}
process.exitCode = violations === 0 ? 0 : 1;
