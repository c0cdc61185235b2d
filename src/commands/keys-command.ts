import type { Command } from 'commander';
import type { ApiKeyView } from '../api-keys/api-key.ts';
import type { Config } from '../config.ts';
import { openData, withClient } from './client.ts';
import { CommandFailed } from './command-failed.ts';
import { organizationOption } from './command-options.ts';
import { printJson, printTable } from './print.ts';

/** `keyturn keys`: API keys, and the rotation of data key and master key. */
export function keysCommand(program: Command, config: () => Config): void {
  const keys = program.command('keys').description('API keys, the data key and the master key');

  organizationOption(keys.command('list').description('newest first, revoked ones too'))
    .option('--json', 'print JSON')
    .action(async (options: { organization?: string; json?: boolean }) => {
      const rows = await withClient(config(), options.organization, async (client) => {
        const all = await client.call<ApiKeyView[]>('GET', '/v1/api_keys');
        return all.filter((key) => key.api_key_id !== client.ownKeyId);
      });
      if (options.json) return printJson(rows);
      printTable(
        ['id', 'name', 'ends in', 'scopes', 'revoked'],
        rows.map((row) => [row.api_key_id, row.name, row.last_four, row.scopes.join(','), row.revoked_at ?? '-']),
      );
    });

  organizationOption(keys.command('create').description('prints the key, this one time'))
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scope...>', 'what it may do')
    .action(async (options: { organization?: string; name: string; scope: string[] }) => {
      printJson(
        await withClient(config(), options.organization, (client) =>
          client.call('POST', '/v1/api_keys', { name: options.name, scopes: options.scope }),
        ),
      );
    });

  organizationOption(keys.command('revoke <id>').description('at once')).action(
    async (id: string, options: { organization?: string }) => {
      await withClient(config(), options.organization, (client) =>
        client.call('DELETE', `/v1/api_keys/${encodeURIComponent(id)}`),
      );
    },
  );

  organizationOption(
    keys
      .command('rotate-data')
      .description("make a new data key; the service seals the organization's secrets anew in the background"),
  ).action(async (options: { organization?: string }) => {
    printJson(
      await withClient(config(), options.organization, (client) => client.call('POST', '/v1/data_keys/rotate')),
    );
  });

  keys
    .command('rotate-master')
    .description('replace the master key and rewrap every data key; a running service does it on SIGHUP')
    .action(async () => {
      const settings = config();
      if (settings.url !== null) {
        throw new CommandFailed(
          'The master key is rotated where it lies: send the service SIGHUP, or stop it and run this without KEYTURN_URL.',
        );
      }
      const data = await openData(settings);
      try {
        await data.dataKeys.rotateMasterKey('command_line');
      } finally {
        await data.close();
      }
      process.stdout.write('The master key was replaced; every data key is wrapped by the new one.\n');
    });
}
