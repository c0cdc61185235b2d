import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { type ChildOptions, type ChildProgram, CLI, startNodeProgram } from '../support/child-program.ts';

/** A command that has ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line in a folder of its own, which is also its home and its current folder. */
export interface CommandLine {
  readonly folder: string;
  /** Starts a command without waiting for it. */
  start(args: string[], options?: ChildOptions): ChildProgram;
  /** Runs a command to its end. */
  run(args: string[], options?: ChildOptions): Promise<Ended>;
  /** Ends what is still running and removes the folder. */
  close(): Promise<void>;
}

/** With the tests' Chromium and nothing else in the environment. */
export async function commandLine(env: Record<string, string> = {}): Promise<CommandLine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-cli-'));
  const programs: ChildProgram[] = [];
  const start: CommandLine['start'] = (args, options = {}) => {
    const program = startNodeProgram([CLI, ...args], folder, {
      ...options,
      env: { KEYTURN_CHROMIUM: inject('chromium'), ...env, ...options.env },
    });
    programs.push(program);
    return program;
  };
  return {
    folder,
    start,
    async run(args, options) {
      const program = start(args, options);
      const code = await program.ended;
      return { code, stdout: program.stdout(), stderr: program.stderr() };
    },
    async close() {
      for (const program of programs) await program.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
