#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { auditCommand } from './commands/audit-command.ts';
import { browserCommand } from './commands/browser-command.ts';
import { captureCommand } from './commands/capture-command.ts';
import { CommandFailed, EXIT, exitCodeOfRefusal } from './commands/command-failed.ts';
import { credentialsCommand } from './commands/credentials-command.ts';
import { demoCommand } from './commands/demo-command.ts';
import { inspectCommand } from './commands/inspect-command.ts';
import { keysCommand } from './commands/keys-command.ts';
import { organizationsCommand } from './commands/organizations-command.ts';
import { practiceCommand } from './commands/practice-command.ts';
import { profilesCommand } from './commands/profiles-command.ts';
import { startCommand } from './commands/start-command.ts';
import { testLoginCommand } from './commands/test-login-command.ts';
import { type Config, loadConfig } from './config.ts';
import { KeyturnError } from './errors.ts';

/** The environment is read when a command runs, so that `--help` works under any. */
const config = (): Config => loadConfig();

// On Linux this also covers the arguments in the process list, where a seed may stand.
process.title = 'keyturn';

const program = new Command('keyturn')
  .description('Proves that a stored login still works, turning the key exactly once, and keeps the session it earns.')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

for (const add of [
  startCommand,
  demoCommand,
  testLoginCommand,
  inspectCommand,
  captureCommand,
  browserCommand,
  credentialsCommand,
  profilesCommand,
  keysCommand,
  organizationsCommand,
  auditCommand,
  practiceCommand,
]) {
  add(program, config);
}

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
