import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Machine, openWorld, type World } from './chaos-world.ts';
import { lookAtLeftovers, lookAtLogins, type Violations } from './findings.ts';
import { KINDS, strayProcesses } from './kinds.ts';
import { askForLogin, followLogins, LOGIN_KINDS, type Login, OVER_MS } from './logins.ts';
import { oneOf, type Random, seeded } from './random.ts';

/** Logins in one round, asked for within so many milliseconds. */
const LOGINS = 6;
const ASK_MS = 800;

/** The figures of the rounds of one kind. */
export interface Figures {
  rounds: number;
  /** Runs the service said it had taken. */
  taken: number;
  outcomes: Record<string, number>;
  violations: Violations;
  /** Milliseconds from the end of the harm until everything was over, in the slowest round. */
  slowestMs: number;
}

export interface Plan {
  rounds: number;
  seed: number;
  /** Told of each round, with its violations; 0 is the one without any harm. */
  tell?: (round: number, violations: Violations) => void;
}

/**
 * Does rounds of these kinds of harm, in turn, in one world, after one without any, which says how long its logins take.
 * In the end the world is stopped in order. The kinds must agree in what they need.
 */
export async function chaosRounds(names: readonly string[], machine: Machine, plan: Plan): Promise<Figures> {
  const kinds = names.map((name) => {
    const kind = KINDS[name];
    if (!kind) throw new Error(`There is no kind "${name}"; there are ${Object.keys(KINDS).join(', ')}`);
    return kind;
  });
  const random = seeded(plan.seed);
  const figures: Figures = { rounds: 0, taken: 0, outcomes: {}, violations: [], slowestMs: 0 };
  const note = (round: number, violations: Violations): void => {
    figures.violations.push(...violations.map((text) => `round ${round}: ${text}`));
    plan.tell?.(round, violations);
  };
  const world = await openWorld(kinds[0] ?? { database: 'sqlite', services: [{}] }, machine);
  try {
    const calm = await oneRound(world, { harm: () => Promise.resolve(), zombies: 0 }, random, figures);
    note(0, calm.violations);
    let zombies = 0;
    for (let round = 1; round <= plan.rounds; round += 1) {
      const kind = kinds[(round - 1) % kinds.length];
      zombies += kind?.zombies ?? 0;
      const harm = async () => {
        // Somewhere in the time that these runs take on this machine.
        await delay(random() * calm.tookMs);
        await kind?.harm(world, random);
      };
      const { violations } = await oneRound(world, { harm, zombies }, random, figures);
      figures.rounds = round;
      note(round, violations);
    }
    note(plan.rounds, await stopInOrder(world));
  } finally {
    await world.close();
  }
  return figures;
}

interface Round {
  harm(): Promise<void>;
  /** Zombies that may be there after it. */
  zombies: number;
}

async function oneRound(world: World, { harm, zombies }: Round, random: Random, figures: Figures) {
  const since = performance.now();
  const asked = Array.from({ length: LOGINS }, async (_, at) => {
    const login = LOGIN_KINDS[at] ?? oneOf(random, LOGIN_KINDS);
    const service = oneOf(random, world.services);
    await delay(random() * ASK_MS);
    return askForLogin(world, login, service);
  });
  let end = Number.POSITIVE_INFINITY;
  const logins: Login[] = [];
  const followed = Promise.all(
    asked.map(async (one) => {
      const login = await one;
      logins.push(login);
      await followLogins(world, [login], () => end);
    }),
  );
  await harm();
  const upAt = performance.now();
  end = upAt + OVER_MS;
  await followed;
  const tookMs = performance.now() - since;
  figures.slowestMs = Math.max(figures.slowestMs, performance.now() - upAt);
  for (const { run, final } of logins) {
    if (run === null) continue;
    figures.taken += 1;
    const outcome = String(final?.outcome ?? final?.status ?? 'none');
    figures.outcomes[outcome] = (figures.outcomes[outcome] ?? 0) + 1;
  }
  // First what is left: a run whose answer was lost may still be under way.
  const left = await lookAtLeftovers(world, zombies);
  return { violations: [...lookAtLogins(world, logins), ...left], tookMs };
}

/** At the end a signal must do what a kill did not: nothing is left at all. */
async function stopInOrder(world: World): Promise<Violations> {
  const codes = await Promise.all(world.services.map((service) => service.stop()));
  const wrong = codes.filter((code) => code !== 0).map((code) => `the service ended with exit code ${code}`);
  const folders = world.services.flatMap(({ folder }) =>
    readdirSync(folder).filter((entry) => entry.startsWith('keyturn-')),
  );
  return [
    ...wrong,
    ...strayProcesses(world).map((text) => `left after the stop: process ${text}`),
    ...folders.map((entry) => `left after the stop: folder ${entry}`),
  ];
}

/** One line a kind. */
export function describeFigures(name: string, { rounds, taken, outcomes, violations, slowestMs }: Figures): string {
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
  const count = (word: string) => violations.filter((text) => text.includes(word)).length;
  return (
    `${name}: ${rounds} rounds, ${taken} runs taken (${ends.join(', ')}); lost or stuck ${count('lost or stuck')}, ` +
    `second submissions ${count('second submission')}, untrue ends ${count('not true')}, left over ${count('left')}; ` +
    `slowest ${(slowestMs / 1000).toFixed(1)} s`
  );
}
