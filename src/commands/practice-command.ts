import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { startPracticeSite } from '../practice/practice-site.ts';
import { CommandFailed } from './command-failed.ts';
import { newSeed } from './new-seed.ts';

/** `keyturn practice`: the practice site by itself, to try things on. */
export function practiceCommand(program: Command, _config: () => Config): void {
  program
    .command('practice')
    .description('serve the practice site on loopback, with two accounts that are printed')
    .option('--port <port>', 'a free one when left out')
    .action(async (options: { port?: string }) => {
      const port = Number(options.port ?? 0);
      if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new CommandFailed('--port must be 0 to 65535.', 2);
      const password = (): string => randomBytes(12).toString('base64url');
      const nadia = { username: 'nadia', password: password(), displayName: 'Nadia Rahal' };
      const omar = { username: 'omar', password: password(), totp: newSeed(), displayName: 'Omar Haddad' };
      const site = await startPracticeSite({ port, accounts: [nadia, omar] });
      const line = (text: string): void => void process.stdout.write(`${text}\n`);
      line(`The practice site is at ${site.origin}`);
      line(`A plain login:     ${site.url('classic')}   username nadia  password ${nadia.password}`);
      line(
        `With a TOTP code:  ${site.url('six-boxes')}   username omar   password ${omar.password}   seed ${omar.totp}`,
      );
      const stop = Promise.withResolvers<void>();
      process.once('SIGINT', () => stop.resolve());
      process.once('SIGTERM', () => stop.resolve());
      await stop.promise;
      await site.close();
    });
}
