import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { World } from './chaos-world.ts';
import { strayProcesses, zombiesOf } from './kinds.ts';
import type { Login } from './logins.ts';

/** How long processes that were told to end, and sweeps, may take: a lease that was not released is dropped after half a minute. */
const SETTLE_MS = 60_000;

/** What may never be, in words that name the run. Empty: the round held. */
export type Violations = string[];

const RIGHT = ['logged_in', 'interrupted', 'browser_crashed', 'code_timeout'];
const WRONG = ['wrong_credentials', 'interrupted', 'browser_crashed'];

/** Nothing lost, nothing stuck, nothing sent twice, and no end that is not true. */
export function lookAtLogins(world: World, logins: readonly Login[]): Violations {
  return logins.flatMap((login) => {
    const { kind, account, run, final } = login;
    const name = `${kind} ${run ?? 'without an answer'}`;
    const sent = world.site.attempts(account.username);
    const twice = (['identifier', 'password', 'code'] as const)
      .filter((stage) => sent[stage] > 1)
      .map((stage) => `second submission: ${name} sent its ${stage} ${sent[stage]} times`);
    if (run === null) return twice;
    if (final === null) return [...twice, `lost or stuck: ${name} is not final`];
    const truths = kind === 'wrong password' ? WRONG : RIGHT;
    const untrue = truths.includes(final.outcome)
      ? []
      : [
          `not true: ${name} ended ${final.status}/${final.outcome}: ${final.failure_reason} ${JSON.stringify(final.outcome_details)}`,
        ];
    const unsent = final.outcome === 'logged_in' && sent.password !== 1 ? [`not true: ${name} logged in unseen`] : [];
    return [...twice, ...untrue, ...unsent];
  });
}

/** Rows that must be gone: runs that are not over, and temporary secrets whose run was no success. */
const LEFT_ROWS = {
  'runs that are not final': `SELECT id FROM runs WHERE finished_at IS NULL`,
  'temporary credentials of runs that did not complete': `SELECT c.id FROM credentials c JOIN runs r ON r.credential_id = c.id
    WHERE c.temporary AND r.finished_at IS NOT NULL AND r.status <> 'completed'`,
  'secrets without a credential': `SELECT v.id FROM vault_items v
    WHERE NOT EXISTS (SELECT 1 FROM credentials c WHERE c.vault_item_id = v.id)`,
  'leases of nobody': `SELECT l.run_id AS id FROM leases l JOIN runs r ON r.id = l.run_id WHERE r.finished_at IS NOT NULL`,
};

async function leftRows(world: World): Promise<Violations> {
  const found: Violations = [];
  const note = (what: string, rows: readonly unknown[]) => {
    if (rows.length > 0) found.push(`left: ${rows.length} ${what}: ${JSON.stringify(rows.slice(0, 3))}`);
  };
  if (world.postgres) {
    const client = new Client({ connectionString: world.postgres.url });
    await client.connect();
    try {
      for (const [what, sql] of Object.entries(LEFT_ROWS)) note(what, (await client.query(sql)).rows);
    } finally {
      await client.end();
    }
    return found;
  }
  const database = new DatabaseSync(path.join(world.first.folder, 'data', 'keyturn.db'), { readOnly: true });
  try {
    for (const [what, sql] of Object.entries(LEFT_ROWS)) note(what, database.prepare(sql).all());
  } finally {
    database.close();
  }
  return found;
}

/** Empty where the folder is gone in the meantime. */
function pathsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

/** Folders below those of the services that belong to no living process, of threads and of browsers that are gone. */
function leftFolders(world: World): Violations {
  return world.services.flatMap(({ folder, pid }) => {
    const own = readdirSync(folder).filter((name) => name.startsWith('keyturn-'));
    const dead = own.filter((name) => !name.startsWith(`keyturn-${pid}-`));
    const inside = own.flatMap((name) => pathsIn(path.join(folder, name)));
    const threads = inside.filter((one) => path.basename(one).startsWith('thread-'));
    // A thread that could make no folder of its own uses that of all.
    const all = [...inside, ...threads.flatMap(pathsIn)];
    const profiles = all.filter((one) => path.basename(one).startsWith('playwright_'));
    return [
      ...dead.map((name) => `left: the folder ${name} of a dead service`),
      ...(threads.length > 2 ? [`left: ${threads.length} folders of 2 threads`] : []),
      ...(profiles.length > 2 ? [`left: ${profiles.length} profile folders of 2 browsers`] : []),
    ];
  });
}

/** What is left of a round, once what ends by itself has had its time. `zombiesAllowed`: of all rounds so far. */
export async function lookAtLeftovers(world: World, zombiesAllowed: number): Promise<Violations> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const processes = strayProcesses(world).map((text) => `left: process ${text}`);
    const zombies = zombiesOf(world);
    const found = [
      ...processes,
      ...(zombies > zombiesAllowed ? [`left: ${zombies} zombies`] : []),
      ...leftFolders(world),
      ...(await leftRows(world)),
    ];
    if (found.length === 0 || performance.now() > deadline) return found;
    await delay(200);
  }
}
