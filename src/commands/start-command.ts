import type { Command } from 'commander';
import { type Config, makeRoomForLookups } from '../config.ts';
import { startServer } from '../server.ts';

/** `keyturn start`: the service, until a signal. */
export function startCommand(program: Command, config: () => Config): void {
  program
    .command('start')
    .description('run the service; prints its address, and the admin key once')
    .action(async () => {
      makeRoomForLookups();
      await startServer(config(), (line) => process.stdout.write(`${line}\n`));
    });
}
