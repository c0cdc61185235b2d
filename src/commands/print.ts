import type { Command } from 'commander';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  process.stdout.write(`${[head, ...rows].map(line).join('\n')}\n`);
}

/** For the data folder, which may hold several organizations; a service knows the caller's by its key. */
export function organizationOption(command: Command): Command {
  return command.option('--organization <id>', 'the organization in the data folder; the first when left out');
}
