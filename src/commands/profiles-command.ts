import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { ProfileView } from '../profiles/profile.ts';
import { withClient } from './client.ts';
import { organizationOption } from './command-options.ts';
import { printJson, printTable } from './print.ts';

/** `keyturn profiles`: saved sessions. */
export function profilesCommand(program: Command, config: () => Config): void {
  const profiles = program.command('profiles').description('browser profiles: saved sessions');

  organizationOption(profiles.command('list').description('newest first'))
    .option('--json', 'print JSON')
    .action(async (options: { organization?: string; json?: boolean }) => {
      const rows = await withClient(config(), options.organization, (client) =>
        client.call<ProfileView[]>('GET', '/v1/browser_profiles?page_size=200'),
      );
      if (options.json) return printJson(rows);
      printTable(
        ['id', 'state', 'name', 'modified'],
        rows.map((row) => [row.browser_profile_id, row.state, row.name, row.modified_at]),
      );
    });

  organizationOption(profiles.command('show <id>').description('one profile, without its session')).action(
    async (id: string, options: { organization?: string }) => {
      printJson(
        await withClient(config(), options.organization, (client) =>
          client.call('GET', `/v1/browser_profiles/${encodeURIComponent(id)}`),
        ),
      );
    },
  );

  organizationOption(
    profiles
      .command('export <id>')
      .description("the session, for a browser of your own: Playwright's storage state and more"),
  ).action(async (id: string, options: { organization?: string }) => {
    printJson(
      await withClient(config(), options.organization, (client) =>
        client.call('POST', `/v1/browser_profiles/${encodeURIComponent(id)}/export`),
      ),
    );
  });

  organizationOption(profiles.command('delete <id>').description('and unlink its credential')).action(
    async (id: string, options: { organization?: string }) => {
      await withClient(config(), options.organization, (client) =>
        client.call('DELETE', `/v1/browser_profiles/${encodeURIComponent(id)}`),
      );
    },
  );
}
