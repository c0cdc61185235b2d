import type { Command } from 'commander';
import { ensureChromium } from '../browser/ensure-chromium.ts';
import type { Config } from '../config.ts';

/** `keyturn browser ensure`: finds a Chromium that starts, or installs one. */
export function browserCommand(program: Command, config: () => Config): void {
  program
    .command('browser')
    .description('the Chromium that Keyturn drives')
    .command('ensure')
    .description('find one that starts, or install one by what works on this machine')
    .action(async () => {
      const found = await ensureChromium(config(), (line) => process.stderr.write(`${line}\n`));
      process.stdout.write(`${found.executable}\n`);
    });
}
