import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { derivePostgresSchema } from '../../prisma/generate.ts';
import type { Dialect } from '../../src/storage/db.ts';
import type { Migration } from '../../src/storage/migrations.ts';

const wasmFile = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')),
  'schema_engine_bg.wasm',
);
const prismaFolder = path.resolve(import.meta.dirname, '../../prisma');

let loaded: Promise<void> | undefined;

async function load(): Promise<void> {
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { './schema_engine_bg.js': { ...glue } });
  const { __wbg_set_wasm: setWasm } = glue as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void };
  setWasm(instance.exports);
  (instance.exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
}

/** prisma/schema.prisma in the words of a dialect. */
export function schemaFor(dialect: Dialect): string {
  const source = readFileSync(path.join(prismaFolder, 'schema.prisma'), 'utf8');
  return dialect === 'sqlite' ? source : derivePostgresSchema(source);
}

const files = (schema: string) => [{ path: 'schema.prisma', content: schema }];
const filters = { externalTables: [], externalEnums: [] };

/** Prisma's own schema engine over a driver adapter: the judge of what a database holds. */
async function withEngine<T>(
  schema: string,
  factory: SqlMigrationAwareDriverAdapterFactory,
  work: (engine: glue.SchemaEngine) => Promise<T>,
): Promise<T> {
  loaded ??= load();
  await loaded;
  const bound = bindMigrationAwareSqlAdapterFactory(factory);
  const engine = await glue.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, bound);
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}

/**
 * The SQL that would lead from the database to the schema, comments aside; '' when they are the same. It is also what
 * the next migration has to say.
 */
export function sqlTowards(schema: string, factory: SqlMigrationAwareDriverAdapterFactory): Promise<string> {
  return withEngine(schema, factory, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files: files(schema), configDir: prismaFolder },
      to: { tag: 'schemaDatamodel', files: files(schema) },
      script: true,
      exitCode: true,
      filters,
    });
    return (stdout ?? '').replaceAll(/^--.*\n?/gm, '').trim();
  });
}

/** What `prisma migrate status` would say about a database and our migrations. */
export function diagnose(
  dialect: Dialect,
  factory: SqlMigrationAwareDriverAdapterFactory,
  migrations: readonly Migration[],
): Promise<glue.DiagnoseMigrationHistoryOutput> {
  const migrationsList = {
    baseDir: path.join(prismaFolder, 'migrations', dialect),
    lockfile: { path: 'migration_lock.toml', content: `provider = "${dialect}"` },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  };
  return withEngine(schemaFor(dialect), factory, (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
  );
}
