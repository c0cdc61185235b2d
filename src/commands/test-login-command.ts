import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { askLoginSecrets, type LoginSecrets } from './ask-secret.ts';
import { type Client, openClient } from './client.ts';
import { TOTP_SECRET } from './command-options.ts';
import { type StartedRun, untilFinal } from './follow-run.ts';
import { exitCodeOf, runLines } from './show-run.ts';
import { temporaryService } from './temporary-service.ts';

interface Options {
  url: string;
  username?: string;
  totpSecret?: string | true;
  json?: boolean;
}

/** `keyturn test-login`: one login, once, with a password from a prompt or standard input. */
export function testLoginCommand(program: Command, config: () => Config): void {
  program
    .command('test-login')
    .description('log in once with a password asked for (or read from standard input) and say what the site answered')
    .requiredOption('--url <url>', 'the login page')
    .option('--username <name>', 'left out: a password-only page')
    .option(...TOTP_SECRET)
    .option('--json', 'print the result as one JSON document')
    .action(async (options: Options) => {
      const settings = config();
      const secrets = await askLoginSecrets('password', options.totpSecret);
      const client: Client =
        settings.url === null
          ? await temporaryService(settings, { progress: (line) => process.stderr.write(`${line}\n`) })
          : await openClient(settings);
      try {
        process.exitCode = await run(client, options, secrets);
      } finally {
        await client.close();
      }
    });
}

async function run(client: Client, options: Options, secrets: LoginSecrets): Promise<number> {
  const started = await client.call<StartedRun>('POST', '/v1/credentials/test-login', {
    url: options.url,
    ...secrets,
    ...(options.username !== undefined && { username: options.username }),
  });
  const cancel = (): void => {
    client
      .call('POST', `/v1/credentials/${started.credential_id}/test/${started.workflow_run_id}/cancel`)
      .catch(() => undefined);
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  try {
    const result = await untilFinal(client, started);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${runLines(result).join('\n')}\n`);
    return exitCodeOf(result);
  } finally {
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
  }
}
