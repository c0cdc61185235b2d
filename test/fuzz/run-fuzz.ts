/**
 * The long form of the tests in this folder: requests from our own OpenAPI document, over both databases, and every try
 * of one organization to reach the things of another. `npm run fuzz [-- requests [seed]]`, 20,000 requests by default.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const [, , requests = '20000', seed = String(Math.floor(Math.random() * 1_000_000))] = process.argv;
if (!/^\d+$/.test(requests) || !/^\d+$/.test(seed)) {
  console.error('npm run fuzz [-- requests [seed]]');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '../..');
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'test/vitest.config.ts', 'test/fuzz'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, KEYTURN_TEST_FUZZ: `${requests} ${seed}` },
});
process.exitCode = status ?? 1;
