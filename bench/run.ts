import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeBench } from './code-bench.ts';
import { loginBench } from './login-bench.ts';
import { observeBench } from './observe-bench.ts';
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
  const look = await observeBench(bench);
  const code = await codeBench(bench);
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ login, poll, look, code }, null, 2)}\n`);
  console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
  const goals = [
    { what: 'login, all of it', figure: login.ratio, goal: login.goal, unit: '×' },
    {
      what: 'login without the clean context',
      figure: login.ratio_without_control,
      goal: login.goal_without_control,
      unit: '×',
    },
    { what: 'look at 5,000 elements', figure: look.look, goal: look.goal, unit: ' ms' },
    { what: 'code pushed to code typed, p95', figure: code.p95, goal: code.goal, unit: ' ms' },
  ];
  for (const { what, figure, goal, unit } of goals) {
    console.log(
      `${what}: ${figure.toFixed(2)}${unit} (goal at most ${goal}${unit}): ${figure <= goal ? 'met' : 'MISSED'}`,
    );
  }
  process.exitCode = goals.every(({ figure, goal }) => figure <= goal) ? 0 : 1;
} finally {
  await bench.close();
}
