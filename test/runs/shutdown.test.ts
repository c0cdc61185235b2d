import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { CustomVaultServer } from '../support/custom-vault-server.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { processesUsing } from '../support/processes.ts';
import { type ServiceProgram, startServiceProgram } from '../support/service-program.ts';

let practice: Practice;
let folder: string;
let service: ServiceProgram;
beforeEach(async () => {
  practice = await startPractice();
  folder = await mkdtemp(path.join(tmpdir(), 'keyturn-stop-'));
});
afterEach(async () => {
  await service.program.close();
  await practice.close();
  await rm(folder, { recursive: true, force: true });
});

/** A run whose password the site has, and answers after so many milliseconds. */
async function submitted(milliseconds: number): Promise<string> {
  const { username, password } = practice.ada;
  const url = `${practice.site.url('slow')}?delay=${milliseconds}`;
  const { body } = await service.call('POST', '/v1/credentials/test-login', { url, username, password });
  await expect.poll(() => practice.site.attempts(username).password).toBe(1);
  return `/v1/credentials/${body.credential_id}/test/${body.workflow_run_id}`;
}

const notReady = async (): Promise<void> => {
  const ready = await service.call('GET', '/health/ready');
  expect([ready.status, ready.body.detail]).toEqual([503, 'Not ready. The service is stopping.']);
};

async function nothingLeft(): Promise<void> {
  expect(await service.program.ended).toBe(0);
  expect(processesUsing(folder)).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.startsWith('keyturn-'))).toEqual([]);
}

test('a run that has begun finishes while polls are answered, and no new one begins', {
  timeout: 120_000,
}, async () => {
  service = await startServiceProgram(folder, { KEYTURN_SHUTDOWN_SECONDS: '60' });
  const poll = await submitted(5_000);
  service.program.signal('SIGTERM');
  await expect.poll(async () => (await service.call('GET', '/health/ready')).status).toBe(503);
  await notReady();
  expect(await service.call('GET', '/health/live')).toMatchObject({ status: 200 });
  expect(await service.call('GET', poll)).toMatchObject({ status: 200, body: { status: 'running' } });
  const { username, password } = practice.grace;
  const late = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url('classic'),
    username,
    password,
  });
  expect(late.status).toBe(200);
  const { body: queued } = await service.call('GET', `/v1/runs/${late.body.workflow_run_id}`);
  expect(queued).toMatchObject({ status: 'queued', started_at: null });
  await nothingLeft();
  expect(practice.site.attempts(username).password).toBe(0);

  service = await startServiceProgram(folder);
  expect((await service.call('GET', poll)).body).toMatchObject({ outcome: 'logged_in', submissions: { password: 1 } });
  // What was asked for while the service stopped is not lost.
  await expect
    .poll(async () => (await service.call('GET', `/v1/runs/${late.body.workflow_run_id}`)).body.outcome, {
      timeout: 60_000,
    })
    .toBe('code_source_missing');
  expect(practice.site.attempts(practice.ada.username).password).toBe(1);
});

test('a second signal ends the grace time', { timeout: 120_000 }, async () => {
  service = await startServiceProgram(folder, { KEYTURN_SHUTDOWN_SECONDS: '600' });
  const poll = await submitted(60_000);
  service.program.signal('SIGTERM');
  await expect.poll(async () => (await service.call('GET', '/health/ready')).status).toBe(503);
  await notReady();
  expect((await service.call('GET', poll)).body.status).toBe('running');
  service.program.signal('SIGINT');
  await nothingLeft();
  service = await startServiceProgram(folder);
  expect((await service.call('GET', poll)).body).toMatchObject({ outcome: 'interrupted', verdict: 'unknown' });
});

test('a vault that hangs does not hold up the end, and is told by the next start what is pending', {
  timeout: 120_000,
}, async () => {
  const vault = await CustomVaultServer.start();
  onTestFinished(() => vault.http.close());
  service = await startServiceProgram(folder);
  const config = { api_base_url: vault.url, api_token: vault.token };
  expect(await service.call('POST', '/v1/credentials/custom_credential/create', { config })).toMatchObject({
    status: 200,
  });
  const { body } = await service.call('POST', '/v1/credentials', {
    name: 'kept outside',
    credential_type: 'secret',
    vault_type: 'custom',
    credential: { secret_value: 'a secret' },
  });
  expect(vault.items.size).toBe(1);
  vault.http.always = { kind: 'hang' };
  expect(await service.call('DELETE', `/v1/credentials/${body.credential_id}`)).toMatchObject({ status: 204 });
  await expect.poll(() => vault.http.requests.at(-1)?.method).toBe('DELETE');
  service.program.signal('SIGTERM');
  await nothingLeft();

  vault.http.always = null;
  service = await startServiceProgram(folder);
  await expect.poll(() => vault.items.size, { timeout: 20_000 }).toBe(0);
});
