import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { openPages } from '../browser/open-pages.ts';
import type { Config } from '../config.ts';
import { type Inspection, inspectPage } from '../login/inspect.ts';
import { PAGE_FILE } from '../runs/page-file.ts';
import { isFinal, type RunView } from '../runs/run.ts';
import { type Client, withClient } from './client.ts';
import { CommandFailed } from './command-failed.ts';
import { organizationOption } from './command-options.ts';
import { labelsOf } from './corpus-labels.ts';

interface Options {
  out: string;
  organization?: string;
}

/** `keyturn capture`: makes a corpus page of what a run without a login left. */
export function captureCommand(program: Command, config: () => Config): void {
  organizationOption(
    program
      .command('capture <run>')
      .description('the page a run without a login ended on, scrubbed, with labels to correct: a page for a corpus')
      .option('--out <folder>', 'where the two files go', '.'),
  ).action(async (id: string, options: Options) => {
    const settings = config();
    const html = await withClient(settings, options.organization, (client) => pageOf(client, id));
    await mkdir(options.out, { recursive: true });
    const page = await writeNew(path.join(options.out, `${id}.html`), html);
    const seen = await inspect(settings, page);
    const labels = { files: { [path.basename(page)]: labelsOf(seen) } };
    const stub = await writeNew(path.join(options.out, `${id}.labels.json`), `${JSON.stringify(labels, null, 2)}\n`);
    process.stdout.write(`${page}\n${stub}\n`);
    const [then, now] = [seenAtTheTime(html), rolesOf(seen)];
    if (then !== now) process.stderr.write(`The run saw "${then}" on this page; the file reads as "${now}".\n`);
  });
}

async function pageOf(client: Client, id: string): Promise<string> {
  const place = `/v1/runs/${encodeURIComponent(id)}`;
  const run = await client.call<RunView & { artifacts: { name: string }[] }>('GET', place);
  if (!isFinal(run.status)) throw new CommandFailed(`Run ${id} is not over yet.`);
  if (run.status === 'completed')
    throw new CommandFailed(`Run ${id} logged in; only a run without a login leaves a page.`);
  if (!run.artifacts.some(({ name }) => name === PAGE_FILE)) {
    throw new CommandFailed(`Run ${id} (${run.outcome ?? run.status}) ended without a page that could be kept.`);
  }
  return client.text(`${place}/artifacts/${PAGE_FILE}`);
}

/** A page that was captured, and corrected, before is not overwritten. */
async function writeNew(file: string, text: string): Promise<string> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CommandFailed(exists ? `${file} is there already.` : `${file} cannot be written.`);
  });
  return file;
}

async function inspect(config: Config, file: string): Promise<Inspection> {
  let seen: Inspection | null = null;
  await openPages(
    config,
    [file],
    async (page) => {
      seen = await inspectPage(page);
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  if (!seen) throw new CommandFailed(`${file} could not be looked at.`);
  return seen;
}

const ROLES = ['identifier', 'password', 'new_password', 'code', 'submit'] as const;

function rolesOf(seen: Inspection): string {
  return [seen.page_kind, ...ROLES.filter((role) => seen[role])].join(' ');
}

/** What the run noted in the page. */
function seenAtTheTime(html: string): string {
  return /<meta name="keyturn-seen" content="([a-z_ ]*)">/.exec(html)?.[1] ?? '';
}
