import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchResult, isMet, show } from './bench-result.ts';

/**
 * Measures the service, each figure a ratio or beside a yardstick of the same run on the same machine. Each bench runs
 * in a process of its own and has a limit. `npm run bench [-- name…] [--runs n] [--json file]`; without a name all of them; `runs` makes the long
 * ones (day, drain) shorter. Prints
 * tables and writes the figures to bench/results/<time>.json or to the file. Exit code 1 when a goal is missed.
 */
const BENCHES: Record<string, { minutes: number; load: () => Promise<(runs: number | null) => Promise<BenchResult>> }> =
  {
    login: { minutes: 5, load: async () => (await import('./login-bench.ts')).loginBench },
    throughput: { minutes: 10, load: async () => (await import('./throughput-bench.ts')).throughputBench },
    polls: { minutes: 5, load: async () => (await import('./poll-bench.ts')).pollBench },
    look: { minutes: 2, load: async () => (await import('./observe-bench.ts')).observeBench },
    codes: { minutes: 8, load: async () => (await import('./code-bench.ts')).codeBench },
    memory: { minutes: 5, load: async () => (await import('./memory-bench.ts')).memoryBench },
    day: { minutes: 240, load: async () => (await import('./day-bench.ts')).dayBench },
    drain: { minutes: 40, load: async () => (await import('./drain-bench.ts')).drainBench },
    rows: { minutes: 15, load: async () => (await import('./rows-bench.ts')).rowsBench },
  };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, runs: { type: 'string' }, inside: { type: 'string' } },
});
const unknown = positionals.find((name) => !(name in BENCHES));
if (unknown) {
  console.error(`There is no bench "${unknown}": ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
if (values.inside) await runInside(values.inside);
else runAll(positionals.length > 0 ? positionals : Object.keys(BENCHES));

/** One bench, in this process; its result goes to the parent in the last line. */
async function runInside(name: string): Promise<void> {
  process.once('SIGTERM', () => process.exit(1));
  const bench = await BENCHES[name]?.load();
  const result = await bench?.(values.runs ? Number(values.runs) : null);
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
}

function runAll(names: string[]): void {
  const results: (BenchResult & { load_before: number[]; load_after: number[] })[] = [];
  const failed: string[] = [];
  for (const name of names) {
    const load_before = loadavg();
    try {
      const output = execFileSync(
        process.execPath,
        [import.meta.filename, '--inside', name, ...(values.runs ? ['--runs', values.runs] : [])],
        {
          encoding: 'utf8',
          timeout: (BENCHES[name]?.minutes ?? 0) * 60_000,
          stdio: ['ignore', 'pipe', 'inherit'],
          maxBuffer: 64 * 1024 * 1024,
        },
      );
      const result = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as BenchResult;
      results.push({ ...result, load_before, load_after: loadavg() });
      show(result);
      console.log(
        `  load before ${load_before[0]?.toFixed(1)}, after ${loadavg()[0]?.toFixed(1)}, ${cpus().length} cores`,
      );
    } catch (error) {
      failed.push(name);
      console.error(`\n${name} was not measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const file =
    values.json ?? path.join(import.meta.dirname, 'results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, failed, results }, null, 2)}\n`,
  );
  console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
  const missed = results.flatMap(({ goals }) => goals).filter((goal) => !isMet(goal));
  process.exitCode = missed.length + failed.length > 0 ? 1 : 0;
}
