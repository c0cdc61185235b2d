import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyturnError } from '../errors.ts';
import {
  type Database,
  type Dialect,
  MODEL_NAMES,
  type Models,
  type OrganizationDb,
  type OrganizationModels,
  SYSTEM_REASONS,
  type SystemDb,
} from './db.ts';
import type { PrismaClient } from './generated/sqlite/client.ts';
import { OPERATIONS, scopeToOrganization } from './organization-scope.ts';

/** What Prisma hands to a transaction's callback. */
type TransactionClient = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** The transaction a piece of code runs in, if any; `open` ends with it, for work that outlives it. */
const running = new AsyncLocalStorage<{ open: boolean }>();

/** Runs something that belongs to no transaction, even if the caller is in one (listeners of the bus). */
export function outsideTransactions<T>(work: () => T): T {
  return running.exit(work);
}

/** The client behind what a caller holds, raw queries included: only the queue of this folder asks for it. */
const clients = new WeakMap<object, TransactionClient>();

export function clientOf(models: Models): TransactionClient {
  const client = clients.get(models);
  if (!client) throw new KeyturnError('internal', { detail: 'These models were not handed out by this database.' });
  return client;
}

function refuseInsideTransaction(): void {
  if (!running.getStore()?.open) return;
  throw new KeyturnError('internal', {
    detail: 'Inside a transaction use the one that was handed in: the embedded database would wait for itself.',
  });
}

/** The operations of one model and nothing else: Prisma's own object leads back to the unscoped client (`$parent`). */
function restrictModel(source: object, before: () => void): object {
  const operations = source as Record<string, (args?: unknown) => unknown>;
  const restricted: Record<string, unknown> = Object.create(null);
  for (const name of OPERATIONS) {
    restricted[name] = (args?: unknown) => {
      before();
      return operations[name]?.(args);
    };
  }
  return Object.freeze(restricted);
}

/** The models alone, each made when it is first used. */
function restrict(client: TransactionClient, before: () => void, extra: object): Models {
  const made = new Map<string, object>();
  const models: object = Object.create(null);
  for (const name of MODEL_NAMES) {
    const get = () => {
      const model = made.get(name) ?? restrictModel(client[name], before);
      made.set(name, model);
      return model;
    };
    Object.defineProperty(models, name, { enumerable: true, get });
  }
  Object.freeze(Object.assign(models, extra));
  clients.set(models, client);
  return models as Models;
}

const anywhere = (): void => {};

function transactionOn<M extends Models>(client: PrismaClient, wrap: (tx: TransactionClient) => M) {
  return async <T>(work: (tx: M) => Promise<T>): Promise<T> => {
    refuseInsideTransaction();
    const context = { open: true };
    try {
      return await client.$transaction((tx) => running.run(context, () => work(wrap(tx))));
    } finally {
      context.open = false;
    }
  };
}

/** What the two dialects do in their own way. */
type Parts = Pick<Database, 'check' | 'alone'>;

/** The two databases behind one type. `close` ends what the client does not own. */
export function createDatabase(dialect: Dialect, client: PrismaClient, { check, alone }: Parts): Database {
  return Object.freeze({
    dialect,
    forOrganization(organizationId: string): OrganizationDb {
      const scoped = scopeToOrganization(client, organizationId);
      const wrap = (tx: TransactionClient) => restrict(tx, anywhere, { organizationId }) as OrganizationModels;
      const transaction = transactionOn(scoped, wrap);
      return restrict(scoped, refuseInsideTransaction, { organizationId, transaction }) as OrganizationDb;
    },
    asSystem(reason): SystemDb {
      if (!SYSTEM_REASONS.includes(reason)) {
        throw new KeyturnError('internal', { detail: `"${reason}" is no reason to look across organizations.` });
      }
      const transaction = transactionOn(client, (tx) => restrict(tx, anywhere, {}));
      return restrict(client, refuseInsideTransaction, { transaction }) as SystemDb;
    },
    alone,
    check,
    close: () => client.$disconnect(),
  } satisfies Database);
}
