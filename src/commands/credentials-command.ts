import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { CredentialView } from '../credentials/credential.ts';
import { askLoginSecrets } from './ask-secret.ts';
import { withClient } from './client.ts';
import { organizationOption, TOTP_SECRET } from './command-options.ts';
import { importCommand } from './import-command.ts';
import { printJson, printTable } from './print.ts';

/** `keyturn credentials`: stored credentials. Secrets go in and are never shown. */
export function credentialsCommand(program: Command, config: () => Config): void {
  const credentials = program.command('credentials').description('stored credentials');

  organizationOption(credentials.command('list').description('newest first'))
    .option('--json', 'print JSON')
    .action(async (options: { organization?: string; json?: boolean }) => {
      const rows = await withClient(config(), options.organization, (client) =>
        client.call<CredentialView[]>('GET', '/v1/credentials?page_size=200'),
      );
      if (options.json) return printJson(rows);
      printTable(
        ['id', 'type', 'name', 'profile'],
        rows.map((row) => [row.credential_id, row.credential_type, row.name, row.browser_profile_id ?? '-']),
      );
    });

  organizationOption(credentials.command('show <id>').description('one credential, without its secret')).action(
    async (id: string, options: { organization?: string }) => {
      printJson(
        await withClient(config(), options.organization, (client) =>
          client.call('GET', `/v1/credentials/${encodeURIComponent(id)}`),
        ),
      );
    },
  );

  organizationOption(
    credentials
      .command('create')
      .description('a username and password; the password is asked for or read from standard input'),
  )
    .requiredOption('--name <name>', 'name people know it by')
    .option('--username <name>', 'left out: a password-only page')
    .option(...TOTP_SECRET)
    .option('--allowed-origin <origin...>', 'where the secret may be typed')
    .action(
      async (options: {
        organization?: string;
        name: string;
        username?: string;
        totpSecret?: string | true;
        allowedOrigin?: string[];
      }) => {
        const secrets = await askLoginSecrets('password', options.totpSecret);
        printJson(
          await withClient(config(), options.organization, (client) =>
            client.call('POST', '/v1/credentials', {
              name: options.name,
              credential_type: 'password',
              credential: {
                ...secrets,
                ...(options.username !== undefined && { username: options.username }),
                ...(options.allowedOrigin !== undefined && { allowed_origins: options.allowedOrigin }),
              },
            }),
          ),
        );
      },
    );

  organizationOption(credentials.command('update <id>').description('a whole new secret for the same credential'))
    .option('--username <name>', 'left out: a password-only page')
    .option(...TOTP_SECRET)
    .action(async (id: string, options: { organization?: string; username?: string; totpSecret?: string | true }) => {
      const secrets = await askLoginSecrets('new password', options.totpSecret);
      printJson(
        await withClient(config(), options.organization, (client) =>
          client.call('POST', `/v1/credentials/${encodeURIComponent(id)}/update`, {
            credential: {
              ...secrets,
              ...(options.username !== undefined && { username: options.username }),
            },
          }),
        ),
      );
    });

  organizationOption(credentials.command('delete <id>').description('with its secret and its profile')).action(
    async (id: string, options: { organization?: string }) => {
      await withClient(config(), options.organization, (client) =>
        client.call('DELETE', `/v1/credentials/${encodeURIComponent(id)}`),
      );
    },
  );

  importCommand(credentials, config);
}
