import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import type { Config } from '../config.ts';
import { type PracticeSite, startPracticeSite } from '../practice/practice-site.ts';
import type { RunView } from '../runs/run.ts';
import { CommandFailed, EXIT } from './command-failed.ts';
import { type StartedRun, untilFinal } from './follow-run.ts';
import { newSeed } from './new-seed.ts';
import { runEvents } from './run-events.ts';
import { runLines } from './show-run.ts';
import { type TemporaryService, temporaryService } from './temporary-service.ts';

const LOOPBACK = '127.0.0.0/8';

interface Demo {
  site: PracticeSite;
  service: TemporaryService;
  account: { username: string; password: string; totp: string };
  credentialId: string;
  first: RunView;
  second: RunView;
}

/** `keyturn demo`: the whole way once, on this machine, with nothing left behind. */
export function demoCommand(program: Command, config: () => Config): void {
  program
    .command('demo')
    .description('log in to a practice site with a TOTP code, keep the session, use it again; leaves nothing behind')
    .action(async () => {
      process.exitCode = await demo(config());
    });
}

async function demo(config: Config): Promise<number> {
  const made: Partial<Demo> = {};
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error('stopped'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await steps(config, made, stop.signal).run();
    return report(made as Demo);
  } catch (error) {
    if (stop.signal.aborted) throw new CommandFailed('The demo was stopped; nothing was left behind.');
    throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await made.service?.close();
    await made.site?.close();
  }
}

/** What a stranger would do with the API, one step after the other, each shown while it goes on. */
function steps(
  config: Config,
  made: Partial<Demo>,
  signal: AbortSignal,
): Listr<unknown, 'default' | 'simple', 'simple'> {
  const check = (): void => signal.throwIfAborted();
  const test = async (task: { output: string }): Promise<RunView> => {
    const { service, site, credentialId } = made as Demo;
    const path = `/v1/credentials/${credentialId}/test`;
    const started = await service.call<StartedRun>('POST', path, { url: site.url('six-boxes') });
    for await (const line of runEvents(service, started.workflow_run_id, signal)) task.output = line;
    check();
    return untilFinal(service, started);
  };
  return new Listr<unknown, 'default' | 'simple', 'simple'>(
    [
      {
        title: 'Start a practice site with an account that has a one-time code',
        task: async () => {
          const account = { username: 'omar', password: randomBytes(12).toString('base64url'), totp: newSeed() };
          made.account = account;
          made.site = await startPracticeSite({ accounts: [{ ...account, displayName: 'Omar Haddad' }] });
        },
      },
      {
        title: 'Start Keyturn with its data in a temporary folder',
        rendererOptions: { bottomBar: 1 },
        task: async (_context, task) => {
          made.service = await temporaryService(config, {
            allowNetworks: [LOOPBACK],
            progress: (line) => {
              task.output = line;
            },
          });
          check();
        },
      },
      {
        title: 'Store a credential: username, password, TOTP seed',
        task: async (_context, task) => {
          const { service, account } = made as Demo;
          const stored = await service.call<{ credential_id: string }>('POST', '/v1/credentials', {
            name: 'Practice site',
            credential_type: 'password',
            credential: account,
          });
          made.credentialId = stored.credential_id;
          task.title += ` (${stored.credential_id})`;
        },
      },
      {
        title: 'Log in, once',
        task: async (_context, task) => {
          made.first = await test(task);
          task.title += `: ${made.first.outcome ?? made.first.status}`;
        },
      },
      {
        title: 'Run again, starting from the saved profile',
        task: async (_context, task) => {
          made.second = await test(task);
          task.title += `: ${made.second.outcome ?? made.second.status}`;
        },
      },
    ],
    { concurrent: false, renderer: process.stdout.isTTY ? 'default' : 'simple', registerSignalListeners: false },
  );
}

/** Verdicts, evidence, times, and what the site's server counted. */
function report({ first, second, site, account }: Demo): number {
  const counted = site.attempts(account.username);
  const lines = [
    '',
    'First run',
    ...runLines(first),
    '',
    'Second run, from the profile',
    ...runLines(second),
    '',
    `The site's own server counted ${counted.password} password and ${counted.code} code over both runs.`,
    'Everything was removed again: the service, the site, the browser and the temporary folder.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const proven = first.outcome === 'logged_in' && first.verdict === 'passed' && first.browser_profile_id !== null;
  const kept = second.outcome === 'already_logged_in' && second.submissions.password === 0;
  return proven && kept && counted.password === 1 && counted.code === 1 ? EXIT.passed : EXIT.failed;
}
