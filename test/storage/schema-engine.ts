import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';

const wasmFile = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')),
  'schema_engine_bg.wasm',
);

let loaded: Promise<void> | undefined;

async function load(): Promise<void> {
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { './schema_engine_bg.js': { ...glue } });
  const { __wbg_set_wasm: setWasm } = glue as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void };
  setWasm(instance.exports);
  (instance.exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
}

const files = (schema: string) => [{ path: 'schema.prisma', content: schema }];
const filters = { externalTables: [], externalEnums: [] };

/** Prisma's own schema engine, over a database's driver adapter: it says what a database has that a schema has not. */
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

/** The SQL that leads from the database as it is to the schema; an empty migration when they are the same. */
export function sqlTo(schema: string, factory: SqlMigrationAwareDriverAdapterFactory, from: 'empty' | 'database') {
  return withEngine(schema, factory, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from:
        from === 'empty'
          ? { tag: 'empty' }
          : { tag: 'schemaDatasource', files: files(schema), configDir: path.dirname(wasmFile) },
      to: { tag: 'schemaDatamodel', files: files(schema) },
      script: true,
      exitCode: true,
      filters,
    });
    return { sql: stdout ?? '', same: exitCode === 0 };
  });
}
