import { once } from 'node:events';
import type { Command } from 'commander';
import type { ChainVerdict } from '../audit/audit-chain.ts';
import type { AuditEventView } from '../audit/audit-event.ts';
import type { Config } from '../config.ts';
import { withClient } from './client.ts';
import { EXIT } from './command-failed.ts';
import { organizationOption } from './command-options.ts';
import { printJson, printTable } from './print.ts';

/** `keyturn audit`: who did what, and whether the log is whole. */
export function auditCommand(program: Command, config: () => Config): void {
  const audit = program.command('audit').description('the log of who did what');

  organizationOption(audit.command('list').description('the newest 200 events'))
    .option('--json', 'print JSON')
    .action(async (options: { organization?: string; json?: boolean }) => {
      const rows = await withClient(config(), options.organization, (client) =>
        client.call<AuditEventView[]>('GET', '/v1/audit?order=newest&limit=200'),
      );
      if (options.json) return printJson(rows);
      printTable(
        ['no.', 'at', 'who', 'what', 'to', 'result'],
        rows.map((row) => [
          String(row.sequence),
          row.at,
          row.actor,
          row.action,
          row.subject ?? '-',
          row.error_code ?? row.result,
        ]),
      );
    });

  organizationOption(audit.command('export').description('all events, one JSON object a line')).action(
    async (options: { organization?: string }) => {
      await withClient(config(), options.organization, async (client) => {
        for await (const chunk of await client.stream('/v1/audit/export')) {
          if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
        }
      });
    },
  );

  organizationOption(audit.command('verify').description('computes every hash again; exit code 1 when one is wrong'))
    .option('--json', 'print JSON')
    .action(async (options: { organization?: string; json?: boolean }) => {
      const verdict = await withClient(config(), options.organization, (client) =>
        client.call<ChainVerdict>('GET', '/v1/audit/verify'),
      );
      if (options.json) printJson(verdict);
      else process.stdout.write(`${sentence(verdict)}\n`);
      if (!verdict.valid) process.exitCode = EXIT.failed;
    });
}

function sentence({ valid, events, head_hash, first_broken_sequence }: ChainVerdict): string {
  if (valid) return `The audit log is whole: ${events} events, the last hash is ${head_hash}.`;
  return `The audit log was changed: the first of its ${events} events that does not hold is number ${first_broken_sequence}.`;
}
