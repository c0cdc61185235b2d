import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const source = path.join(import.meta.dirname, 'schema.prisma');
const derivedFolder = path.join(import.meta.dirname, 'generated');
const clients = path.join(root, 'src/storage/generated');
const stampFile = path.join(clients, 'stamp');

/** The schema for PostgreSQL: the same models, another provider, a client of its own. Throws if nothing was replaced. */
export function derivePostgresSchema(schema: string): string {
  const replacements: [string, string][] = [
    ['provider = "sqlite"', 'provider = "postgresql"'],
    ['"../src/storage/generated/sqlite"', '"../../src/storage/generated/postgresql"'],
  ];
  return replacements.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`prisma/schema.prisma must hold ${from} exactly once.`);
    return text.replace(from, to);
  }, schema);
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Changes whenever the clients have to be made again. */
function stamp(schema: string): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules/prisma/package.json'), 'utf8'));
  const own = readFileSync(import.meta.filename, 'utf8');
  return createHash('sha256')
    .update(JSON.stringify([schema, version, own]))
    .digest('hex');
}

/** Runs the Prisma CLI and shows what it said only when it fails. */
function generateClient(schemaFile: string): Promise<void> {
  const cli = path.join(root, 'node_modules/prisma/build/index.js');
  // Generating needs no schema engine, yet the CLI wants to download one: any existing file keeps it from trying.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1', NO_COLOR: '1' };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'generate', '--no-hints', '--schema', schemaFile], { cwd: root, env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`prisma generate failed for ${schemaFile}:\n${said}`));
    });
  });
}

async function main(): Promise<void> {
  const schema = readFileSync(source, 'utf8');
  const wanted = stamp(schema);
  if (readText(stampFile) === wanted) return;
  rmSync(stampFile, { force: true });
  mkdirSync(derivedFolder, { recursive: true });
  const derived = path.join(derivedFolder, 'postgresql.prisma');
  writeFileSync(derived, derivePostgresSchema(schema));
  await Promise.all([generateClient(source), generateClient(derived)]);
  writeFileSync(stampFile, wanted);
}

if (import.meta.main) await main();
