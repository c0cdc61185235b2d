import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loginBench } from './login-bench.ts';
import { pollBench } from './poll-bench.ts';
import { startBench } from './service-under-bench.ts';

/**
 * Measures the service against hand-written scripts in one run on one machine, so that the figures are ratios. Prints a
 * table and writes bench/results/<time>.json.
 */
const bench = await startBench();
try {
  const login = await loginBench(bench);
  const poll = await pollBench(bench);
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ login, poll }, null, 2)}\n`);
  console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
  const met = login.ratio <= login.goal;
  console.log(`login ratio ${login.ratio.toFixed(2)} (goal at most ${login.goal}): ${met ? 'met' : 'MISSED'}`);
  process.exitCode = met ? 0 : 1;
} finally {
  await bench.close();
}
