import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { createOrganization } from '../organizations/organization-store.ts';
import { openData } from './client.ts';
import { CommandFailed } from './command-failed.ts';
import { printJson } from './print.ts';

/** `keyturn organizations create <name>`: in the data folder, since no key of one organization may make another. */
export function organizationsCommand(program: Command, config: () => Config): void {
  program
    .command('organizations')
    .description('the accounts everything belongs to')
    .command('create <name>')
    .description('prints its admin key, this one time')
    .action(async (name: string) => {
      const settings = config();
      if (settings.url !== null) {
        throw new CommandFailed(
          'An organization is made in the data folder: stop the service and run this without KEYTURN_URL.',
        );
      }
      if (name.trim() === '' || name.length > 200)
        throw new CommandFailed('The name must have 1 to 200 characters.', 2);
      const data = await openData(settings);
      try {
        const { database } = data.storage;
        const made = await createOrganization(database, data.dataKeys, name.trim(), undefined, 'command_line');
        const { organization, admin } = made;
        printJson({
          organization_id: organization.id,
          name: organization.name,
          api_key_id: admin.row.id,
          api_key: admin.key,
        });
      } finally {
        await data.close();
      }
    });
}
