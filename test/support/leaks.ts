import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { descendantsOf, describeProcess } from './processes.ts';
import { FILE_FOLDER } from './run-folder.ts';

/** How long closed sockets and ended children may take to be gone. */
const SETTLE_MS = 4_000;

function countByType(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What keeps this process alive beyond the baseline, as `2 more Timeout`. */
function leftResources(baseline: ReadonlyMap<string, number>): string[] {
  const now = countByType(process.getActiveResourcesInfo());
  return [...now]
    .map(([type, count]) => [type, count - (baseline.get(type) ?? 0)] as const)
    .filter(([, more]) => more > 0)
    .map(([type, more]) => `${more} more ${type}`);
}

// Set before the file is loaded, so that whatever it starts, browsers too, puts its temporary files here.
const outer = tmpdir();
const folder = mkdtempSync(path.join(outer, FILE_FOLDER));
// A PostgreSQL server of a test's own runs as another user and has to pass through.
chmodSync(folder, 0o711);
process.env.TMPDIR = folder;
// Node opens these when they are first looked at, as libraries do to find out about colours: that is no leak.
for (const stream of [process.stdin, process.stdout, process.stderr]) stream.isTTY;
const baseline = countByType(process.getActiveResourcesInfo());
const childrenBefore = new Set(descendantsOf(process.pid).map((found) => found.pid));

function left(): string[] {
  const children = descendantsOf(process.pid).filter((found) => !childrenBefore.has(found.pid));
  const files = existsSync(folder) ? readdirSync(folder).map((name) => `temporary folder or file ${name}`) : [];
  return [...children.map(describeProcess), ...files, ...leftResources(baseline)];
}

// Registered first, so it runs after every hook of the file.
afterAll(async () => {
  const deadline = Date.now() + SETTLE_MS;
  let found: string[];
  do {
    // Waits before the first look too: a new server is listed a turn later, the runner's own timer until then.
    await delay(10);
    found = left();
  } while (found.length > 0 && Date.now() < deadline);
  rmSync(folder, { recursive: true, force: true });
  process.env.TMPDIR = outer;
  if (found.length > 0) throw new Error(`This test file left behind:\n  ${found.join('\n  ')}`);
});
