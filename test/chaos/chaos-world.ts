import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.ts';
import type { SentMessage } from '../../src/practice/variant.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { ChaosService } from './chaos-service.ts';

/** What a machine has for it. */
export interface Machine {
  chromium: string;
  /** Folder of PostgreSQL's programs. */
  postgres: string | null;
}

export interface WorldPlan {
  database: 'sqlite' | 'postgresql';
  /** Settings of each service of the world. */
  services: Record<string, string>[];
}

/** A site, a database and the services that log in to it, all of our own. They outlive the rounds. */
export interface World {
  readonly site: PracticeSite;
  readonly postgres: PostgresServer | null;
  readonly services: readonly ChaosService[];
  /** The one that is asked. */
  readonly first: ChaosService;
  /** Codes and links the site sent, by account. */
  readonly sent: ReadonlyMap<string, string>;
  /** Ends what is left of it and removes every file. */
  close(): Promise<void>;
}

export async function openWorld(plan: WorldPlan, machine: Machine): Promise<World> {
  const root = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  // The PostgreSQL server runs as a user of its own.
  chmodSync(root, 0o755);
  const undo: (() => Promise<void> | void)[] = [() => rmSync(root, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const sent = new Map<string, string>();
    const site = await startPracticeSite({
      accounts: [{ username: 'nobody@lindgrove.test', password: randomBytes(12).toString('hex') }],
      deliver: ({ username, code }: SentMessage) => sent.set(username, code),
    });
    undo.push(() => site.close());
    const postgres =
      plan.database === 'postgresql' && machine.postgres !== null
        ? await startPostgres(machine.postgres, { durable: true })
        : null;
    if (postgres) undo.push(() => postgres.stop());
    const shared = {
      KEYTURN_CHROMIUM: machine.chromium,
      KEYTURN_MASTER_KEY: randomBytes(32).toString('base64'),
      ...(postgres ? { DATABASE_URL: postgres.url, KEYTURN_ARTIFACTS: path.join(root, 'artifacts') } : {}),
    };
    const services: ChaosService[] = [];
    for (const [index, env] of plan.services.entries()) {
      const service = await ChaosService.prepare(path.join(root, `service-${index}`), { ...shared, ...env });
      undo.push(() => service.close());
      await service.start();
      services.push(service);
    }
    const [first] = services;
    if (!first) throw new Error('A world needs a service');
    return { site, postgres, services, first, sent, close };
  } catch (error) {
    await close();
    throw error;
  }
}
