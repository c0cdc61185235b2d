import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** A manifest as YAML gives it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMPILER = path.join(ROOT, 'node_modules/.bin/tsc');
const OPTIONS = [
  '--ignoreConfig',
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--module',
  'nodenext',
  '--target',
  'esnext',
];

/** The module that describes an apiVersion: the core one has no group. */
function moduleOf({ apiVersion }: Manifest): string {
  return apiVersion.startsWith('keda.sh/')
    ? `@kubernetes-models/keda/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}

/**
 * What the compiler says of manifests written as literals of the types of the API: fields that do not exist, which the
 * API's own schema lets through, and values of the wrong kind. Empty when there is nothing to say.
 */
export async function typeErrors(manifests: readonly Manifest[]): Promise<string> {
  // Inside the checkout, so that the packages are found.
  const folder = await mkdtemp(path.join(ROOT, 'node_modules/.kubernetes-types-'));
  const file = path.join(folder, 'manifests.ts');
  const lines = manifests.map((manifest, at) => {
    const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
    return `export const manifest${at}: ${type} = ${JSON.stringify(manifest)};`;
  });
  try {
    await writeFile(file, `${lines.join('\n')}\n`);
    await promisify(execFile)(process.execPath, [COMPILER, ...OPTIONS, file], { cwd: folder });
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws what the schema of its kind has against a manifest: values of the wrong kind, fields that are missing. */
export async function validateBySchema(manifest: Manifest): Promise<void> {
  const models = await import(moduleOf(manifest));
  const Model = models[manifest.kind];
  if (!Model) throw new Error(`${manifest.apiVersion} has no ${manifest.kind}`);
  new Model(manifest).validate();
}
