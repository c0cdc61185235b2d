import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { CORPORA } from './labelled-pages.ts';

/** Runs the scorer that lies with the collections, in place. What it prints. */
export async function runScorer(executable: string, args: readonly string[]): Promise<string> {
  const scorer = spawn(process.execPath, [path.join(CORPORA, 'score.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PLAYWRIGHT_FROM: path.resolve(import.meta.dirname, '../..'), CHROMIUM: executable },
  });
  const ended = once(scorer, 'exit');
  let printed = '';
  for await (const chunk of scorer.stdout) printed += chunk;
  const [code] = await ended;
  if (code !== 0) throw new Error(`The scorer ended with ${code}`);
  return printed;
}

/** How many of how many, by measure, and hits and misses by role: what the scorer counts over all pages. */
export interface Counts {
  counts: Record<string, { k: number; n: number }>;
  roles: Record<string, { tp: number; fp: number; fn: number }>;
}

/** The scorer's own result file, over all pages. */
export function countsIn(json: string): Counts {
  const { counts, roles } = JSON.parse(json) as {
    counts: Record<string, Counts['counts']>;
    roles: Record<string, Counts['roles']>;
  };
  return { counts: counts.ALL ?? {}, roles: roles.ALL ?? {} };
}
