import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The file of `workers/` that a thread or a process of its own begins with: source in the checkout, compiled when installed. */
export function workerEntry(name: string): URL {
  const source = new URL(`../workers/${name}.ts`, import.meta.url);
  return existsSync(source) ? source : new URL(`../workers/${name}.js`, import.meta.url);
}

/**
 * Environment of a thread whose entry is TypeScript: with a cache, Node strips its types once and not in every thread.
 * The stripper is WebAssembly, and V8 can abort the whole process when threads that hold some come and go (seen here;
 * nodejs/node#64500).
 */
export function cacheOf(entry: URL): Record<string, string> {
  if (!entry.pathname.endsWith('.ts')) return {};
  return { NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/keyturn-threads', import.meta.url)) };
}
