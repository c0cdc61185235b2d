import { setTimeout as delay } from 'node:timers/promises';
import { descendantsOf, kill, listProcesses } from '../support/processes.ts';
import type { ChaosService } from './chaos-service.ts';
import type { World, WorldPlan } from './chaos-world.ts';
import { oneOf, type Random } from './random.ts';
import { inThread } from './thread-inspector.ts';

/** What is done to a running world, and what has to be there for it. */
export interface Kind extends WorldPlan {
  /** Rounds of 200. */
  share: number;
  /** Zombies one round may leave in the service's own process. */
  zombies?: number;
  /** Does the harm; resolves when everything that has to be started again is up. */
  harm(world: World, random: Random): Promise<void>;
}

const ONE = [{}];
const TWO = [{}, {}];
const ROLES = [{ KEYTURN_ROLE: 'api' }, { KEYTURN_ROLE: 'worker' }, { KEYTURN_ROLE: 'worker' }];

async function restart(service: ChaosService): Promise<void> {
  await service.kill();
  await service.start();
}

/** The main process of one browser of a service, if there is one at this moment. */
function aBrowserOf(service: ChaosService, random: Random): number | null {
  const browsers = descendantsOf(service.pid).filter(
    ({ command, state }) => command.includes('--user-data-dir=') && !command.includes('--type=') && state !== 'Z',
  );
  return browsers.length === 0 ? null : oneOf(random, browsers).pid;
}

const second = (world: World): ChaosService => world.services[1] ?? world.first;

/** The kinds of harm. */
export const KINDS: Record<string, Kind> = {
  'service-sqlite': { database: 'sqlite', services: ONE, share: 55, harm: ({ first }) => restart(first) },
  'service-postgres': { database: 'postgresql', services: ONE, share: 45, harm: ({ first }) => restart(first) },
  browser: {
    database: 'sqlite',
    services: ONE,
    share: 35,
    async harm({ first }, random) {
      const pid = aBrowserOf(first, random);
      if (pid !== null) kill(pid);
    },
  },
  // Who asks about a browser that has ended is the thread that started it. When that is gone, the entry in the table of
  // processes stays until the service ends: Node has no call for it.
  thread: {
    database: 'sqlite',
    services: ONE,
    share: 25,
    zombies: 1,
    harm: ({ first }, random) => inThread(first.inspector, random, 'process.exit(1)'),
  },
  'stuck-thread': {
    database: 'sqlite',
    services: ONE,
    share: 5,
    // Where no run has used its browser yet, that is not known here.
    zombies: 1,
    // It burns one core until it is noticed.
    harm: ({ first }, random) => inThread(first.inspector, random, 'for (;;);'),
  },
  postgres: {
    database: 'postgresql',
    services: ONE,
    share: 25,
    async harm({ postgres }, random) {
      await postgres?.crash();
      await delay(random() * 2_000);
      await postgres?.start();
    },
  },
  // The other one lives: it has to find the dead one's runs by itself, before that is started again.
  worker: {
    database: 'postgresql',
    services: ROLES,
    share: 6,
    async harm(world) {
      await second(world).kill();
      await delay(30_000);
      await second(world).start();
    },
  },
  // Taken for dead by the other one, which takes its runs; then it goes on where it was.
  pause: {
    database: 'postgresql',
    services: TWO,
    share: 4,
    async harm(world) {
      second(world).signal('SIGSTOP');
      await delay(32_000);
      second(world).signal('SIGCONT');
    },
  },
};

/** Processes that belong to a world's services and to no living one of them. */
export function strayProcesses(world: World): string[] {
  const all = listProcesses();
  const living = new Set(
    world.services.flatMap(({ pid }) => [pid, ...descendantsOf(pid, all).map((found) => found.pid)]),
  );
  const ours = all.filter(({ command, environment }) =>
    world.services.some(({ folder }) => command.includes(folder) || environment.includes(folder)),
  );
  return ours
    .filter(({ pid, state }) => !living.has(pid) && state !== 'Z')
    .map(({ pid, command }) => `${pid} ${command.slice(0, 120)}`);
}

/** Children that have ended and that nobody asked about. */
export function zombiesOf(world: World): number {
  const pids = new Set(world.services.map(({ pid }) => pid));
  return listProcesses().filter(({ parent, state }) => state === 'Z' && pids.has(parent)).length;
}
