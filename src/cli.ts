#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { CommandFailed, EXIT, exitCodeOfRefusal } from './commands/command-failed.ts';
import { type Config, loadConfig } from './config.ts';
import { disableCoreDumps } from './core-dumps.ts';
import { KeyturnError } from './errors.ts';

// Not the service alone: an import reads every password of an export, a rotation the master key.
disableCoreDumps();

// Most of a short command is reading the source: kept compiled, it takes half as long. Where nothing can be written
// there, nothing is kept.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/keyturn-cli', import.meta.url)));

type Add = (program: Command, config: () => Config) => void;

/** Loaded one at a time: each brings only what it needs. */
const COMMANDS: Record<string, () => Promise<Add>> = {
  start: async () => (await import('./commands/start-command.ts')).startCommand,
  demo: async () => (await import('./commands/demo-command.ts')).demoCommand,
  'test-login': async () => (await import('./commands/test-login-command.ts')).testLoginCommand,
  inspect: async () => (await import('./commands/inspect-command.ts')).inspectCommand,
  capture: async () => (await import('./commands/capture-command.ts')).captureCommand,
  browser: async () => (await import('./commands/browser-command.ts')).browserCommand,
  credentials: async () => (await import('./commands/credentials-command.ts')).credentialsCommand,
  profiles: async () => (await import('./commands/profiles-command.ts')).profilesCommand,
  keys: async () => (await import('./commands/keys-command.ts')).keysCommand,
  organizations: async () => (await import('./commands/organizations-command.ts')).organizationsCommand,
  audit: async () => (await import('./commands/audit-command.ts')).auditCommand,
  practice: async () => (await import('./commands/practice-command.ts')).practiceCommand,
};

/** The environment is read when a command runs, so that `--help` works under any. */
const config = (): Config => loadConfig();

// On Linux this also covers the arguments in the process list, where a seed may stand.
process.title = 'keyturn';

const program = new Command('keyturn')
  .description('Proves that a stored login still works, turning the key exactly once, and keeps the session it earns.')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

const named = COMMANDS[process.argv[2] ?? ''];
for (const load of named ? [named] : Object.values(COMMANDS)) (await load())(program, config);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** One sentence on standard error. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
  const known = error instanceof CommandFailed || error instanceof KeyturnError;
  const sentence = known
    ? error.message
    : `Something failed: ${error instanceof Error ? error.message : String(error)}`;
  process.stderr.write(`keyturn: ${sentence}\n`);
  if (error instanceof CommandFailed) return error.exitCode;
  return error instanceof KeyturnError ? exitCodeOfRefusal(error.status) : EXIT.couldNotRun;
}
