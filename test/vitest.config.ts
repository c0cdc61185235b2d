import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { FastFirstSequencer } from './support/fast-first-sequencer.ts';
import { SummaryReporter } from './support/summary-reporter.ts';

const root = path.resolve(import.meta.dirname, '..');

// Read and removed here: a started service refuses KEYTURN_* names it does not know, and tests hand their environment on.
const requireAll = process.env.KEYTURN_TEST_REQUIRE_ALL === '1';
delete process.env.KEYTURN_TEST_REQUIRE_ALL;
const thorough = process.env.KEYTURN_TEST_THOROUGH === '1';
delete process.env.KEYTURN_TEST_THOROUGH;
const [requests = thorough ? '1500' : '1000', seed = '1'] = (process.env.KEYTURN_TEST_FUZZ ?? '')
  .split(' ')
  .filter(Boolean);
delete process.env.KEYTURN_TEST_FUZZ;
// Likewise: a key that happens to be set must not turn the fallback on in what the tests start.
const { OPENAI_API_KEY: apiKey = '', OPENAI_BASE_URL: baseUrl, KEYTURN_LLM_MODEL: name } = process.env;
const model =
  process.env.KEYTURN_TEST_MODEL === '1'
    ? { apiKey, baseUrl: baseUrl ?? 'https://api.openai.com/v1', name: name ?? 'gpt-5.4-mini' }
    : null;
for (const variable of ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'KEYTURN_LLM', 'KEYTURN_LLM_MODEL', 'KEYTURN_TEST_MODEL'])
  delete process.env[variable];

// Most of a test file's start is reading the packages of the service: kept compiled, that takes a third less.
process.env.NODE_COMPILE_CACHE ??= path.join(root, 'node_modules/.cache/keyturn-tests');

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    provide: { model, thorough, fuzz: { requests: Number(requests), seed: Number(seed) } },
    // A process for every file: a leaked handle, an open database or an environment variable stays in its file.
    pool: 'forks',
    isolate: true,
    // Node reads our TypeScript by itself, as it does for the service, and keeps it compiled; through Vite each file
    // would have all of it translated and evaluated anew.
    experimental: { viteModuleRunner: false },
    // More than there are cores: half of the time of most files is waiting, for a page or a clock.
    maxWorkers: 3,
    // For what hangs, not for what is slow: beside two other files on two cores a login takes a multiple of its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    // The default, 1 s, is less than a cold browser takes on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    // A retried test would hide a second submission.
    retry: 0,
    sequence: { sequencer: FastFirstSequencer },
    // Teardown is in reverse: the run folder looks last for what everything else left behind.
    globalSetup: ['test/support/run-folder.ts', 'test/support/chromium-setup.ts', 'test/support/postgres-server.ts']
      .map((file) => path.join(root, file))
      .filter((file) => existsSync(file)),
    setupFiles: [path.join(root, 'test/support/leaks.ts')],
    reporters: ['default', new SummaryReporter({ requireAll })],
  },
});
