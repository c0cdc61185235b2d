import { setTimeout as delay } from 'node:timers/promises';
import { startPracticeSite } from '../src/practice/practice-site.ts';
import type { RunView } from '../src/runs/run.ts';
import type { BenchResult } from './bench-result.ts';
import { memoryMiB } from './proc-figures.ts';
import { startServiceProcess } from './service-process.ts';

const WAITING = [10, 30, 50];

/** What runs hold while they wait for a code: a browser context each, and no busy place. */
export async function memoryBench(): Promise<BenchResult> {
  const site = await startPracticeSite({ accounts: [{ username: 'nadia', password: 'kt-bench-password' }] });
  const service = await startServiceProcess({ KEYTURN_WORKERS: '2' });
  const started: { credential_id: string; workflow_run_id: string }[] = [];
  const rows: BenchResult['rows'] = [];
  const figures: Record<string, unknown> = {};
  const start = async (at: number): Promise<void> => {
    const username = `waits-${at}`;
    const totp_identifier = `${username}@example.com`;
    const password = 'kt-bench-password';
    site.accounts.set({ username, password, codeTo: totp_identifier });
    const body = { url: site.url('totp-one-box'), username, password, totp_type: 'email', totp_identifier };
    const run = await service.call<(typeof started)[number]>('POST', '/v1/credentials/test-login', body);
    started.push(run);
  };
  const waiting = async (): Promise<void> => {
    for (const { credential_id, workflow_run_id } of started) {
      const route = `/v1/credentials/${credential_id}/test/${workflow_run_id}?wait=60`;
      const view = await service.call<RunView>('GET', route);
      if (view.awaiting === null) throw new Error(`A run does not wait: ${view.outcome ?? view.status}`);
    }
  };
  try {
    // Both browsers are up once a run has been in each.
    await start(0);
    await start(1);
    await waiting();
    await delay(2_000);
    const empty = memoryMiB(service.pid);
    let last = empty;
    for (const count of WAITING) {
      const before = started.length;
      while (started.length < count) await start(started.length);
      await waiting();
      await delay(2_000);
      last = memoryMiB(service.pid);
      rows.push([`${count} waiting`, last, (last - empty) / (count - 2)]);
      figures[count] = { mib: last, added: started.length - before };
    }
    for (const { workflow_run_id } of started) await service.call('POST', `/v1/runs/${workflow_run_id}/cancel`);
    const running = 'keyturn_pool_runs{state="waiting"}';
    while ((await service.metric(running)) > 0) await delay(100);
    await delay(2_000);
    rows.unshift(['2 waiting, a browser in each of 2 threads', empty, null]);
    rows.push(['all canceled', memoryMiB(service.pid), null]);
    return {
      name: 'memory',
      title: 'Memory of runs that wait for a code, service and browsers together',
      columns: ['', 'MiB', 'MiB for each run'],
      rows,
      goals: [],
      figures,
    };
  } finally {
    await service.close();
    await site.close();
  }
}
