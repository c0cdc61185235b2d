import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { executeSql } from '../support/raw-sql.ts';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('the audit log of runs', (databases) => {
  let service: Service;
  let practice: Practice;
  let me: string;
  let since: number;
  beforeAll(async () => {
    [service, practice] = await Promise.all([startServiceOn(databases), startPractice()]);
    me = (await service.call('GET', '/v1/api_keys')).body[0].api_key_id;
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });
  beforeEach(async () => {
    since = (await service.call('GET', '/v1/audit/verify')).body.events;
  });

  const login = (variant: string) => ({
    url: practice.site.url(variant),
    username: practice.ada.username,
    password: practice.ada.password,
  });
  const ABOUT_RUNS = /^(run|profile|code|secret)\./;
  const told = async () =>
    (await service.call('GET', `/v1/audit?limit=200&after=${since}`)).body
      .filter((row: { action: string }) => ABOUT_RUNS.test(row.action))
      .map((row: Record<string, unknown>) => [
        row.actor,
        row.action,
        row.subject,
        row.related,
        row.error_code ?? row.result,
      ]);

  test('a run is started by a key and finished by the service, which reads the profile', async () => {
    const { body: started } = await service.call('POST', '/v1/credentials/test-login', login('classic'));
    const { credential_id: credential, workflow_run_id: run } = started;
    const { browser_profile_id: profile } = await service.finished(started);
    const again = await service.call('POST', `/v1/credentials/${credential}/test`, {
      url: practice.site.url('classic'),
    });
    const second = again.body.workflow_run_id;
    expect(await service.finished(again.body)).toMatchObject({ outcome: 'already_logged_in' });
    expect(await told()).toEqual([
      [me, 'run.started', run, credential, 'ok'],
      ['service', 'secret.read', credential, run, 'ok'],
      ['service', 'run.finished', run, credential, 'ok'],
      [me, 'run.started', second, credential, 'ok'],
      ['service', 'profile.read', profile, second, 'ok'],
      ['service', 'run.finished', second, credential, 'ok'],
    ]);
    const about = (await service.call('GET', `/v1/audit?subject=${run}`)).body;
    expect(about.map((row: { details: unknown }) => row.details)).toEqual([
      { expect: ['logged_in'], force: false },
      {},
      { status: 'completed', outcome: 'logged_in' },
    ]);
    const text = (await service.call('GET', '/v1/audit/export')).text;
    expect(text).not.toContain(practice.ada.password);
    expect(text).not.toContain(practice.ada.username);
  });

  test('a run is canceled by a key', async () => {
    const { body: started } = await service.call('POST', '/v1/credentials/test-login', login('slow'));
    const { credential_id: credential, workflow_run_id: run } = started;
    expect((await service.call('POST', `/v1/runs/${run}/cancel`)).body).toEqual({ status: 'canceled' });
    expect(await told()).toEqual([
      [me, 'run.started', run, credential, 'ok'],
      [me, 'run.canceled', run, credential, 'ok'],
    ]);
  });

  test('a start that is refused, or asked for twice', async () => {
    const { body: stored } = await service.call('POST', '/v1/credentials', {
      name: 'Ada',
      credential_type: 'secret',
      credential: { secret_value: 'kt-a-secret-value' },
    });
    const path = `/v1/credentials/${stored.credential_id}/test`;
    expect((await service.call('POST', path, { url: practice.site.url('classic') })).status).toBe(400);
    const headers = { 'idempotency-key': 'once' };
    const body = login('slow');
    const first = await service.call('POST', '/v1/credentials/test-login', body, headers);
    expect((await service.call('POST', '/v1/credentials/test-login', body, headers)).body).toEqual(first.body);
    await service.call('POST', `/v1/runs/${first.body.workflow_run_id}/cancel`);
    expect(await told()).toEqual([
      [me, 'run.started', stored.credential_id, null, 'credential_type_not_testable'],
      [me, 'run.started', first.body.workflow_run_id, first.body.credential_id, 'ok'],
      [me, 'run.canceled', first.body.workflow_run_id, first.body.credential_id, 'ok'],
    ]);
  });

  test('no run is there without its event', async () => {
    const raw = (sql: string) => executeSql(service.runtime.services.storage.database.asSystem('setup'), sql);
    const runs = async () => (await service.call('GET', '/v1/runs')).headers.get('x-total-count');
    const before = await runs();
    await raw('ALTER TABLE audit_events RENAME TO audit_events_elsewhere');
    try {
      expect((await service.call('POST', '/v1/credentials/test-login', login('classic'))).status).toBe(500);
      expect(await runs()).toBe(before);
    } finally {
      await raw('ALTER TABLE audit_events_elsewhere RENAME TO audit_events');
    }
    expect((await service.call('GET', '/v1/audit/verify')).body).toMatchObject({ valid: true });
  });
});
