import type { Command } from 'commander';
import { openPages } from '../browser/open-pages.ts';
import type { Config } from '../config.ts';
import { type Inspection, inspectPage } from '../login/inspect.ts';

function lines(source: string, inspection: Inspection): string[] {
  const { page_kind: kind, unreadable, ...elements } = inspection;
  return [
    `${source}: ${kind}`,
    ...Object.entries(elements).map(([role, found]) =>
      found
        ? `  ${role.padEnd(13)} ${found.selector}  (${found.score}: ${found.reasons.join(', ')})`
        : `  ${role.padEnd(13)} -`,
    ),
    ...unreadable.map((part) => `  cannot be read: ${part.kind.replaceAll('_', ' ')} ${part.text}`.trimEnd()),
  ];
}

/** `keyturn inspect`: what Keyturn sees on pages. Nothing is typed. */
export function inspectCommand(program: Command, config: () => Config): void {
  program
    .command('inspect <source...>')
    .description('what Keyturn sees on a page (address or HTML file); nothing is typed')
    .option('--json', 'one JSON line a page, in the order given')
    .action(async (sources: string[], options: { json?: boolean }) => {
      await openPages(
        config(),
        sources,
        async (page, source) => {
          const inspection = await inspectPage(page);
          const text = options.json ? JSON.stringify({ source, ...inspection }) : lines(source, inspection).join('\n');
          process.stdout.write(`${text}\n`);
        },
        (line) => process.stderr.write(`${line}\n`),
      );
    });
}
