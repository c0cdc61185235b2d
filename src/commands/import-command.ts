import { open } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Config } from '../config.ts';
import type { CredentialView } from '../credentials/credential.ts';
import { IMPORT_FORMATS, type ImportedItem, type ImportFormat, type ImportKey } from '../importing/imported-item.ts';
import { openExport } from '../importing/open-export.ts';
import { type PlannedItem, planImport } from '../importing/plan-import.ts';
import { VAULT_TYPES, type VaultType } from '../vaults/vault.ts';
import { askPassword } from './ask-secret.ts';
import { type Client, withClient } from './client.ts';
import { CommandFailed, EXIT } from './command-failed.ts';
import { organizationOption } from './command-options.ts';
import { type ImportResult, printImport } from './print-import.ts';

interface ImportOptions {
  organization?: string;
  format?: ImportFormat;
  vaultType?: VaultType;
  duplicates: 'skip' | 'keep';
  dryRun?: boolean;
  passwordStdin?: boolean;
  password: boolean;
  keyFile?: string;
  json?: boolean;
}

const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_KEY_FILE_BYTES = 20_000;
/** Deriving the key of a file within its limits takes some seconds. */
const READING_MS = 120_000;
const PAGE_SIZE = 200;
/** Refusals that are about the one item; any other would meet the next one as well. */
const OF_THE_ITEM: (string | null)[] = ['invalid_request', 'invalid_totp'];

/** `keyturn credentials import`: what another program exported becomes credentials, one call of the API each. */
export function importCommand(credentials: Command, config: () => Config): void {
  organizationOption(
    credentials
      .command('import <file>')
      .description('what Bitwarden, 1Password, KeePass, Chrome, Edge or Firefox exported'),
  )
    .addOption(new Option('--format <format>', 'told from the content when left out').choices(IMPORT_FORMATS))
    .addOption(new Option('--vault-type <type>', 'where the secrets go').choices(VAULT_TYPES))
    .addOption(
      new Option('--duplicates <what>', 'of a login that is there already').choices(['skip', 'keep']).default('skip'),
    )
    .option('--dry-run', 'says what would come, and makes nothing')
    .option('--password-stdin', 'the password of a protected file is the first line of standard input, not asked for')
    .option('--key-file <file>', 'opens a KeePass file, with its password')
    .option('--no-password', 'the key file opens it alone')
    .option('--json', 'print JSON')
    .action(async (file: string, options: ImportOptions) => {
      const { format, items } = await readItems(file, options);
      const results = await withClient(config(), options.organization, (client) => importInto(client, items, options));
      printImport(format, results, options.json === true);
      const left = results.filter(({ state }) => state === 'failed' || state === 'not_tried').length;
      if (left === 0) return;
      throw new CommandFailed(`${left} of ${results.length} were not made; the same command skips those that were.`);
    });
}

async function readItems(file: string, options: ImportOptions): Promise<{ format: string; items: ImportedItem[] }> {
  const opened = openExport(await readBounded(file, MAX_FILE_BYTES), options.format);
  const key: ImportKey = { password: null, keyFile: null };
  if (opened.locked) {
    if (options.keyFile !== undefined) key.keyFile = await readBounded(options.keyFile, MAX_KEY_FILE_BYTES);
    if (options.password || key.keyFile === null) {
      key.password = await askPassword('password of the file', options.passwordStdin === true);
    }
  }
  return { format: opened.format, items: await opened.items(key, AbortSignal.timeout(READING_MS)) };
}

/** The bytes of a file. Throws CommandFailed for one that is not there, is no file, or is larger than that. */
async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(path).catch(() => {
    throw new CommandFailed(`The file ${path} cannot be opened.`, EXIT.usage);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new CommandFailed(`${path} is no file.`, EXIT.usage);
    if (found.size > maxBytes) {
      throw new CommandFailed(`The file ${path} is larger than ${maxBytes.toLocaleString('en')} bytes.`, EXIT.usage);
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function importInto(
  client: Client,
  items: readonly ImportedItem[],
  { duplicates, vaultType, dryRun }: ImportOptions,
): Promise<ImportResult[]> {
  const results: ImportResult[] = [];
  let stopped = false;
  for (const planned of planImport(items, await everyCredential(client), duplicates)) {
    if (planned.skipped !== null) results.push({ planned, state: 'skipped', reason: planned.skipped });
    else if (dryRun) results.push({ planned, state: 'would_be_made' });
    else if (stopped) results.push({ planned, state: 'not_tried' });
    else {
      const result = await create(client, planned, vaultType);
      stopped = result.state === 'failed' && result.goOn === false;
      results.push(result);
    }
  }
  return results;
}

async function everyCredential(client: Client): Promise<CredentialView[]> {
  const found: CredentialView[] = [];
  for (let page = 1; ; page += 1) {
    const rows = await client.call<CredentialView[]>('GET', `/v1/credentials?page=${page}&page_size=${PAGE_SIZE}`);
    found.push(...rows);
    if (rows.length < PAGE_SIZE) return found;
  }
}

async function create(client: Client, planned: PlannedItem, vaultType?: VaultType): Promise<ImportResult> {
  const { name, type, credential } = planned;
  try {
    const made = await client.call<CredentialView>('POST', '/v1/credentials', {
      name,
      credential_type: type,
      credential,
      ...(vaultType !== undefined && { vault_type: vaultType }),
    });
    return { planned, state: 'made', id: made.credential_id };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { planned, state: 'failed', reason: error.message, goOn: OF_THE_ITEM.includes(error.code) };
  }
}
