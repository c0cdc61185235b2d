import { KeyturnError } from '../errors.ts';
import { Prisma, type PrismaClient } from './generated/sqlite/client.ts';

type Arguments = Record<string, unknown>;

/** Operations whose `where` chooses rows. `upsert` has data of both kinds besides. */
const FILTERED = [
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
  'update',
  'updateMany',
  'updateManyAndReturn',
  'upsert',
  'delete',
  'deleteMany',
] as const;
const CREATING = ['create', 'createMany', 'createManyAndReturn'] as const;

/** Every operation of a model that exists for its users; each one is scoped. */
export const OPERATIONS = [...FILTERED, ...CREATING];

function refuse(model: string, operation: string, why: string): KeyturnError {
  return new KeyturnError('internal', { detail: `${model}.${operation}: ${why}.` });
}

/** The column that says whose row it is. */
function ownerColumn(model: Prisma.ModelName): string {
  return model === 'Organization' ? 'id' : 'organization_id';
}

function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** ANDed, so no `OR` beside it and no other `organization_id` inside can widen it. */
function scopeWhere(where: unknown, owner: Arguments): Arguments {
  const own = (where ?? {}) as Arguments;
  return { ...own, AND: [...asList(own.AND), owner] };
}

/** Writing through a relation would reach rows no `where` of ours sees. */
function refuseNested(model: Prisma.ModelName, operation: string, data: Arguments): void {
  const columns: Record<string, string> = Prisma[`${model}ScalarFieldEnum`];
  const relation = Object.keys(data).find((key) => !Object.hasOwn(columns, key));
  if (relation) throw refuse(model, operation, `"${relation}" is no column; nested writes are not offered`);
}

function scopeNew(model: Prisma.ModelName, operation: string, data: unknown, owner: Arguments): Arguments {
  const row = (data ?? {}) as Arguments;
  refuseNested(model, operation, row);
  const column = ownerColumn(model);
  if (row[column] !== undefined && row[column] !== owner[column]) {
    throw refuse(model, operation, `${column} names another organization`);
  }
  return { ...row, ...owner };
}

function checkChange(model: Prisma.ModelName, operation: string, data: unknown): void {
  const row = (data ?? {}) as Arguments;
  refuseNested(model, operation, row);
  const column = ownerColumn(model);
  if (row[column] !== undefined) throw refuse(model, operation, `${column} cannot be changed`);
}

/**
 * The arguments of an operation, limited to one organization. Throws on anything that would leave it: another
 * organization in new data, a change of owner, a nested write, a cursor (it reads a row outside the filter), an
 * operation unknown here.
 */
export function scopeArguments(
  model: Prisma.ModelName,
  operation: string,
  args: Arguments,
  organizationId: string,
): Arguments {
  const owner = { [ownerColumn(model)]: organizationId };
  if (args.cursor !== undefined) throw refuse(model, operation, 'cursor is not offered; use skip and take');
  if (CREATING.some((name) => name === operation)) {
    const data = Array.isArray(args.data)
      ? args.data.map((row) => scopeNew(model, operation, row, owner))
      : scopeNew(model, operation, args.data, owner);
    return { ...args, data };
  }
  if (!FILTERED.some((name) => name === operation)) throw refuse(model, operation, 'this operation is not scoped');
  const scoped = { ...args, where: scopeWhere(args.where, owner) };
  if (operation.startsWith('update')) checkChange(model, operation, args.data);
  if (operation !== 'upsert') return scoped;
  checkChange(model, operation, args.update);
  return { ...scoped, create: scopeNew(model, operation, args.create, owner) };
}

/** A client on which every operation is limited to one organization, also inside its transactions. */
export function scopeToOrganization(client: PrismaClient, organizationId: string): PrismaClient {
  const scoped = client.$extends({
    name: 'organization-scope',
    query: {
      $allModels: {
        $allOperations({ model, operation, args, query }) {
          return query(scopeArguments(model, operation, args as Arguments, organizationId) as typeof args);
        },
      },
    },
  });
  return scoped as unknown as PrismaClient;
}
