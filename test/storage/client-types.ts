/**
 * Checked by the compiler, never run: the two generated clients are equal in what the service uses, so the type of one
 * stands for both (src/storage/postgres-database.ts). Each operation of each model gives the same back, and the data,
 * filters and orders one may write for SQLite are ones PostgreSQL takes.
 */
import type { Prisma as Postgres } from '../../src/storage/generated/postgresql/client.ts';
import type { Prisma as Sqlite } from '../../src/storage/generated/sqlite/client.ts';
import type { OPERATIONS } from '../../src/storage/organization-scope.ts';

type SqliteModels = Sqlite.TypeMap['model'];
type PostgresModels = Postgres.TypeMap['model'];
type Model = Sqlite.ModelName;
/** The results of these two depend on what was asked for. */
type Operation = Exclude<(typeof OPERATIONS)[number], 'aggregate' | 'groupBy' | 'count'>;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Accepts<Wider, Narrower> = [Narrower] extends [Wider] ? true : false;

/** Columns one may filter by in the same way. Not Json: a path inside it is text on one and a list on the other. */
type PlainColumn<M extends Model> = {
  [K in keyof SqliteModels[M]['payload']['scalars']]: [Sqlite.JsonObject] extends [
    SqliteModels[M]['payload']['scalars'][K],
  ]
    ? never
    : K;
}[keyof SqliteModels[M]['payload']['scalars']];

type Where<Args, M extends Model> = Args extends { where?: infer W }
  ? Pick<NonNullable<W>, PlainColumn<M> & keyof NonNullable<W>>
  : never;
type Part<Args, Name extends string> = Args extends { [N in Name]?: infer P } ? NonNullable<P> : never;

type Agree = {
  models: Equal<Sqlite.ModelName, Postgres.ModelName>;
  results: {
    [M in Model]: {
      [O in Operation]: Equal<SqliteModels[M]['operations'][O]['result'], PostgresModels[M]['operations'][O]['result']>;
    };
  };
  filters: {
    [M in Model]: Accepts<
      Where<PostgresModels[M]['operations']['findMany']['args'], M>,
      Where<SqliteModels[M]['operations']['findMany']['args'], M>
    >;
  };
  orders: {
    [M in Model]: Accepts<
      Part<PostgresModels[M]['operations']['findMany']['args'], 'orderBy'>,
      Part<SqliteModels[M]['operations']['findMany']['args'], 'orderBy'>
    >;
  };
  data: {
    [M in Model]: {
      [O in 'create' | 'createMany' | 'update' | 'updateMany']: Accepts<
        Part<PostgresModels[M]['operations'][O]['args'], 'data'>,
        Part<SqliteModels[M]['operations'][O]['args'], 'data'>
      >;
    };
  };
};

/** The paths in `T` that end in something other than `true`. */
type Disagreement<T, Path extends string = ''> = T extends true
  ? never
  : T extends object
    ? { [K in keyof T & string]: Disagreement<T[K], `${Path}/${K}`> }[keyof T & string]
    : Path;

/** Does not compile when there is one: the error names it. */
type None<_ extends never> = true;
export type ClientsAgree = None<Disagreement<Agree>>;
