import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { OPERATOR_KEY } from '../support/service-program.ts';
import { type CommandLine, commandLine } from './command-line.ts';

const TIMEOUT_MS = 90_000;

let line: CommandLine;
beforeEach(async () => {
  line = await commandLine({ KEYTURN_API_KEY: OPERATOR_KEY });
});
afterEach(() => line.close());

type Run = (args: string, input?: string) => Promise<string>;

/** Runs commands that succeed, and gives what they print. Words are separated by blanks. */
const succeeding =
  (env: Record<string, string> = {}): Run =>
  async (args, input = '') => {
    const ended = await line.run(args.split(' '), { env, input });
    expect([args, ended.code, ended.stderr]).toEqual([args, 0, '']);
    return ended.stdout;
  };

describe('commands on the data folder', { timeout: TIMEOUT_MS }, () => {
  test('credentials', async () => {
    const run = succeeding();
    expect(await run('credentials list')).toBe('id  type  name  profile\n');
    const made = JSON.parse(
      await run('credentials create --name shop --username ada --totp-secret', 'kt-first-password\nJBSWY3DPEHPK3PXP\n'),
    );
    expect(made).toMatchObject({ name: 'shop', credential: { username: 'ada', totp_type: 'authenticator' } });
    expect(JSON.parse(await run(`credentials show ${made.credential_id}`))).toEqual(made);
    expect(await run('credentials list')).toMatch(new RegExp(`\\n${made.credential_id}  password  shop  -\\n$`));
    const updated = JSON.parse(await run(`credentials update ${made.credential_id} --username grace`, 'kt-second'));
    expect(updated).toMatchObject({
      credential_id: made.credential_id,
      credential: { username: 'grace', totp_type: 'none' },
    });
    expect(JSON.parse(await run('credentials list --json'))).toEqual([updated]);
    expect(await run(`credentials delete ${made.credential_id}`)).toBe('');
    const gone = await line.run(['credentials', 'show', made.credential_id]);
    expect(gone).toEqual({ code: 3, stdout: '', stderr: 'keyturn: There is no credential with this id.\n' });
  });

  test('organizations do not see each other; the first is the one when none is named', async () => {
    const run = succeeding();
    await run('credentials create --name first', 'kt-first');
    const other = JSON.parse(await run('organizations create Other'));
    expect(other).toMatchObject({ name: 'Other', api_key: expect.stringMatching(/^kt_/) });
    await run(`credentials create --name second --organization ${other.organization_id}`, 'kt-second');
    const names = async (args: string) =>
      JSON.parse(await run(`credentials list --json${args}`)).map((row: { name: string }) => row.name);
    expect(await names('')).toEqual(['first']);
    expect(await names(` --organization ${other.organization_id}`)).toEqual(['second']);
    const unknown = await line.run(['credentials', 'list', '--organization', 'o_0']);
    expect(unknown).toEqual({ code: 3, stdout: '', stderr: 'keyturn: There is no organization o_0 here.\n' });
    const nameless = await line.run(['organizations', 'create', ' ']);
    expect([nameless.code, nameless.stderr]).toEqual([2, 'keyturn: The name must have 1 to 200 characters.\n']);
  });

  test('keys, and a new master key under what is sealed', async () => {
    const run = succeeding();
    const { credential_id: id } = JSON.parse(await run('credentials create --name kept', 'kt-kept-password'));
    const key = JSON.parse(await run('keys create --name monitor --scope runs:read credentials:read'));
    expect(key).toMatchObject({ name: 'monitor', scopes: ['credentials:read', 'runs:read'] });
    const keyFile = path.join(line.folder, '.keyturn', 'master.key');
    const before = await readFile(keyFile);
    expect(await run('keys rotate-master')).toBe(
      'The master key was replaced; every data key is wrapped by the new one.\n',
    );
    expect((await readFile(keyFile)).equals(before)).toBe(false);

    const service = await startService({ KEYTURN_DATA_DIR: path.join(line.folder, '.keyturn') });
    try {
      const asMonitor = { 'x-api-key': key.api_key };
      expect((await service.call('GET', `/v1/credentials/${id}`, undefined, asMonitor)).status).toBe(200);
      expect((await service.call('DELETE', `/v1/credentials/${id}`, undefined, asMonitor)).status).toBe(403);

      const held = await line.run(['keys', 'list']);
      expect([held.code, held.stdout]).toEqual([3, '']);
      expect(held.stderr).toMatch(
        /^keyturn: .*holds.* Set KEYTURN_URL and KEYTURN_API_KEY to talk to that service\.\n$/,
      );
    } finally {
      await service.close();
    }
    await run(`keys revoke ${key.api_key_id}`);
    expect(await run('keys list')).toMatch(
      new RegExp(`\\n${key.api_key_id}  monitor +${key.api_key.slice(-4)}  +credentials:read,runs:read +\\d{4}-`),
    );
  });

  test('a new folder has an admin key, shown once; the key a command works under goes with it', async () => {
    const env = { KEYTURN_API_KEY: '' };
    const first = await line.run(['credentials', 'create', '--name', 'kept'], { env, input: 'kt-kept-password' });
    const key = /^Admin API key, shown only this once: (kt_\S+)\n$/.exec(first.stderr)?.[1] ?? '';
    const second = await line.run(['keys', 'list', '--json'], { env });
    expect([second.code, second.stderr]).toEqual([0, '']);
    const rows = JSON.parse(second.stdout);
    expect(rows).toMatchObject([{ last_four: key.slice(-4), scopes: ['admin'], revoked_at: null }]);
    const service = await startService({ KEYTURN_DATA_DIR: path.join(line.folder, '.keyturn') });
    const asked = await service
      .call('GET', '/v1/api_keys', undefined, { 'x-api-key': key })
      .finally(() => service.close());
    // Besides, the one that the tests' service was given.
    expect(asked.body).toMatchObject([{ name: 'KEYTURN_API_KEY' }, { api_key_id: rows[0].api_key_id }]);
  });
});

describe('commands with KEYTURN_URL', { timeout: TIMEOUT_MS }, () => {
  let service: Service;
  let practice: Practice;
  let env: Record<string, string>;
  beforeAll(async () => {
    practice = await startPractice();
    service = await startService();
    env = { KEYTURN_URL: service.url, KEYTURN_API_KEY: service.key };
  });
  afterAll(async () => {
    await service.close();
    await practice.close();
  });

  test('credentials, and the profile that a login earned', async () => {
    const run = succeeding(env);
    const { username, password } = practice.ada;
    const { credential_id: id } = JSON.parse(
      await run(`credentials create --name shop --username ${username}`, password),
    );
    const url = practice.site.url('classic');
    const { browser_profile_id: profile } = await service.finished(
      (await service.call('POST', `/v1/credentials/${id}/test`, { url })).body,
    );
    expect(await run('profiles list')).toMatch(new RegExp(`\\n${profile}  ok +Profile - shop \\(${id}\\)`));
    expect(JSON.parse(await run(`profiles show ${profile}`))).toEqual(JSON.parse(await run('profiles list --json'))[0]);
    const exported = JSON.parse(await run(`profiles export ${profile}`));
    expect(exported.storage_state.cookies.length).toBeGreaterThan(0);
    await run(`profiles delete ${profile}`);
    expect((await service.call('GET', '/v1/browser_profiles')).body).toEqual([]);
    expect(JSON.parse(await run(`credentials show ${id}`)).browser_profile_id).toBeNull();
    await run(`credentials delete ${id}`);
    expect((await service.call('GET', '/v1/credentials')).body).toEqual([]);
  });

  test('keys', async () => {
    const run = succeeding(env);
    const key = JSON.parse(await run('keys create --name reader --scope runs:read'));
    const asReader = () => service.call('GET', '/v1/runs', undefined, { 'x-api-key': key.api_key });
    expect((await asReader()).status).toBe(200);
    await run(`keys revoke ${key.api_key_id}`);
    expect((await asReader()).status).toBe(401);
    const odd = await line.run(['keys', 'create', '--name', 'odd', '--scope', 'everything'], { env });
    expect([odd.code, odd.stdout]).toEqual([2, '']);
    expect(odd.stderr).toMatch(/^keyturn: .*scopes/);
  });

  test('what is done where the data lies says so', async () => {
    for (const args of [
      ['organizations', 'create', 'Acme'],
      ['keys', 'rotate-master'],
    ]) {
      const ended = await line.run(args, { env });
      expect([ended.code, ended.stdout]).toEqual([3, '']);
      expect(ended.stderr).toMatch(/^keyturn: .* run this without KEYTURN_URL\.\n$/);
    }
  });
});
