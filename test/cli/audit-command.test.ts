import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Service, startService } from '../support/service.ts';
import { OPERATOR_KEY } from '../support/service-program.ts';
import { type CommandLine, commandLine } from './command-line.ts';

const TIMEOUT_MS = 90_000;

let line: CommandLine;
beforeEach(async () => {
  line = await commandLine({ KEYTURN_API_KEY: OPERATOR_KEY });
});
afterEach(() => line.close());

type Run = (args: string) => Promise<{ code: number | null; stdout: string; stderr: string }>;
const running =
  (env: Record<string, string> = {}): Run =>
  (args) =>
    line.run(args.split(' '), { env, input: 'kt-a-password' });

const exported = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));

test('the log of a data folder: the command line is who did it', { timeout: TIMEOUT_MS }, async () => {
  const run = running();
  const key = JSON.parse((await run('keys create --name monitor --scope runs:read')).stdout);
  await run(`keys revoke ${key.api_key_id}`);
  await run('keys rotate-master');
  const rotated = JSON.parse((await run('keys rotate-data')).stdout);
  expect(rotated.map((row: { current: boolean }) => row.current)).toEqual([false, true]);
  const whole = await run('audit export');
  expect([whole.code, whole.stderr]).toEqual([0, '']);
  const rows = exported(whole.stdout);
  expect(rows.map(({ actor, action }) => [actor, action])).toEqual([
    ['service', 'api_key.created'],
    ['command_line', 'api_key.created'],
    ['command_line', 'api_key.revoked'],
    ['command_line', 'master_key.rotated'],
    ['command_line', 'data_key.rotated'],
    ['command_line', 'audit.exported'],
  ]);
  const { hash } = rows.at(-1);
  const verified = await run('audit verify');
  expect(verified).toEqual({
    code: 0,
    stdout: `The audit log is whole: 6 events, the last hash is ${hash}.\n`,
    stderr: '',
  });
  expect((await run('audit list')).stdout.split('\n')[1]).toMatch(/^6 +\S+Z +command_line +audit\.exported +- +ok$/);

  const database = new DatabaseSync(path.join(line.folder, '.keyturn', 'keyturn.db'));
  expect(() => database.exec("UPDATE audit_events SET actor = 'service'")).toThrow('audit events are never changed');
  database.exec("DROP TRIGGER audit_events_no_update; UPDATE audit_events SET actor = 'service' WHERE sequence = 3");
  database.close();
  const changed = await run('audit verify --json');
  expect([changed.code, JSON.parse(changed.stdout)]).toEqual([
    1,
    { valid: false, events: 6, head_hash: hash, first_broken_sequence: 3 },
  ]);
  expect((await run('audit verify')).stdout).toBe(
    'The audit log was changed: the first of its 6 events that does not hold is number 3.\n',
  );
});

test('the log of a service', { timeout: TIMEOUT_MS }, async () => {
  const service: Service = await startService();
  try {
    const run = running({ KEYTURN_URL: service.url, KEYTURN_API_KEY: service.key });
    await run('keys create --name reader --scope runs:read');
    const rows = exported((await run('audit export')).stdout);
    expect(rows.map(({ action }) => action)).toEqual(['api_key.created', 'api_key.created', 'audit.exported']);
    expect(rows[1].actor).toBe(rows[0].subject);
    expect(JSON.parse((await run('audit list --json')).stdout).reverse()).toEqual(rows);
    expect((await run('audit verify')).stdout).toContain(`3 events, the last hash is ${rows[2].hash}.`);
    const reader = JSON.parse((await run('keys create --name blind --scope runs:read')).stdout);
    const blind = await running({ KEYTURN_URL: service.url, KEYTURN_API_KEY: reader.api_key })('audit export');
    expect(blind).toEqual({
      code: 3,
      stdout: '',
      stderr: 'keyturn: This call needs an API key with the scope audit:read.\n',
    });
  } finally {
    await service.close();
  }
});
