import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyturnError } from '../errors.ts';
import {
  type AllModels,
  type Database,
  type Dialect,
  MODEL_NAMES,
  type Models,
  ORGANIZATION_MODEL_NAMES,
  type OrganizationDb,
  type OrganizationModels,
  SYSTEM_REASONS,
  type SystemDb,
} from './db.ts';
import type { PrismaClient } from './generated/sqlite/client.ts';
import { OPERATIONS, scopeToOrganization } from './organization-scope.ts';
import { EVERYWHERE, withRowsOf } from './row-scope.ts';

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

/** A `where` of findUnique for findFirst: the columns of a composite key, whose name is theirs joined, by themselves. */
function flattenKeys(args: unknown): unknown {
  const { where, ...rest } = (args ?? {}) as { where?: Record<string, unknown> };
  const columns = Object.entries(where ?? {}).map(([name, value]) =>
    typeof value === 'object' && value !== null && Object.keys(value).join('_') === name ? value : { [name]: value },
  );
  return { ...rest, where: Object.assign({}, ...columns) };
}

/** Prisma collects findUnique of one moment into one query, whoever asks: organizations would get into each other's. */
const ONE_BY_ONE: Record<string, [name: string, prepare: (args: unknown) => unknown]> = {
  findUnique: ['findFirst', flattenKeys],
  findUniqueOrThrow: ['findFirstOrThrow', flattenKeys],
};

/** How the operations of a set of models are run. */
interface Running {
  before: () => void;
  /** Whose rows they are about. */
  rowsOf: string;
}

/** The operations of one model and nothing else: Prisma's own object leads back to the unscoped client (`$parent`). */
function restrictModel(source: object, { before, rowsOf }: Running): object {
  const operations = source as Record<string, (args?: unknown) => Promise<unknown>>;
  const restricted: Record<string, unknown> = Object.create(null);
  for (const name of OPERATIONS) {
    const [real, prepare] = ONE_BY_ONE[name] ?? [name, (args: unknown) => args];
    restricted[name] = (args?: unknown) => {
      before();
      // Awaited inside: Prisma begins only when somebody waits.
      return withRowsOf(rowsOf, async () => await operations[real]?.(prepare(args)));
    };
  }
  return Object.freeze(restricted);
}

/** The models alone, each made when it is first used. */
function restrict(
  client: TransactionClient,
  running: Running,
  extra: object,
  names: readonly (keyof AllModels)[] = MODEL_NAMES,
): AllModels {
  const made = new Map<string, object>();
  const models: object = Object.create(null);
  for (const name of names) {
    const get = () => {
      const model = made.get(name) ?? restrictModel(client[name], running);
      made.set(name, model);
      return model;
    };
    Object.defineProperty(models, name, { enumerable: true, get });
  }
  Object.freeze(Object.assign(models, extra));
  clients.set(models, client);
  return models as AllModels;
}

const anywhere = (): void => {};

function transactionOn<M extends Models>(client: PrismaClient, rowsOf: string, wrap: (tx: TransactionClient) => M) {
  return async <T>(work: (tx: M) => Promise<T>): Promise<T> => {
    refuseInsideTransaction();
    const context = { open: true };
    try {
      return await withRowsOf(rowsOf, async () =>
        client.$transaction((tx) => running.run(context, () => work(wrap(tx)))),
      );
    } finally {
      context.open = false;
    }
  };
}

/** Organizations whose access is kept at hand. */
const MAX_SCOPES = 200;

/** What the two dialects do in their own way. */
type Parts = Pick<Database, 'rowSecurity' | 'check' | 'alone' | 'now'>;

/** The two databases behind one type. `close` ends what the client does not own. */
export function createDatabase(dialect: Dialect, client: PrismaClient, parts: Parts): Database {
  const scopeTo = (organizationId: string): OrganizationDb => {
    const scoped = scopeToOrganization(client, organizationId);
    const rowsOf = organizationId;
    const wrap = (tx: TransactionClient) =>
      restrict(tx, { before: anywhere, rowsOf }, { organizationId }, ORGANIZATION_MODEL_NAMES) as AllModels &
        OrganizationModels;
    const transaction = transactionOn(scoped, rowsOf, wrap);
    const running = { before: refuseInsideTransaction, rowsOf };
    return restrict(scoped, running, { organizationId, transaction }, ORGANIZATION_MODEL_NAMES) as AllModels &
      OrganizationDb;
  };
  // Every request asks for its organization's, and making it extends Prisma's client.
  const scopes = new Map<string, OrganizationDb>();
  return Object.freeze({
    ...parts,
    dialect,
    forOrganization(organizationId: string): OrganizationDb {
      const known = scopes.get(organizationId);
      if (known) return known;
      if (scopes.size >= MAX_SCOPES) scopes.clear();
      const made = scopeTo(organizationId);
      scopes.set(organizationId, made);
      return made;
    },
    asSystem(reason): SystemDb {
      if (!SYSTEM_REASONS.includes(reason)) {
        throw new KeyturnError('internal', { detail: `"${reason}" is no reason to look across organizations.` });
      }
      const rowsOf = EVERYWHERE;
      const transaction = transactionOn(client, rowsOf, (tx) => restrict(tx, { before: anywhere, rowsOf }, {}));
      return restrict(client, { before: refuseInsideTransaction, rowsOf }, { transaction }) as SystemDb;
    },
    close: () => client.$disconnect(),
  } satisfies Database);
}
