import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Practice, startPractice } from '../support/practice.ts';
import { searchSecrets } from '../support/secret-search.ts';
import { OPERATOR_KEY, type ServiceProgram, startServiceProgram } from '../support/service-program.ts';
import { type CommandLine, commandLine } from './command-line.ts';

const TIMEOUT_MS = 120_000;

let line: CommandLine;
let practice: Practice;
let service: ServiceProgram;
beforeEach(async () => {
  practice = await startPractice();
  line = await commandLine({ KEYTURN_API_KEY: OPERATOR_KEY, KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8' });
  service = await startServiceProgram(line.folder);
});
afterEach(async () => {
  await service.program.close();
  await line.close();
  await practice.close();
});

async function run(password: string): Promise<string> {
  const { body: started } = await service.call('POST', '/v1/credentials/test-login', {
    url: practice.site.url('classic'),
    username: practice.ada.username,
    password,
  });
  const { credential_id, workflow_run_id } = started;
  const { body } = await service.call('GET', `/v1/credentials/${credential_id}/test/${workflow_run_id}?wait=60`);
  expect(body.finished_at).not.toBeNull();
  return workflow_run_id;
}

describe('keyturn capture', { timeout: TIMEOUT_MS }, () => {
  test('writes the page and labels to correct, of a service and of the data folder', async () => {
    const password = practice.wrong;
    const failed = await run(password);
    const won = await run(practice.ada.password);
    const ofService = { KEYTURN_URL: service.url };

    const ended = await line.run(['capture', failed, '--out', 'pages'], { env: ofService });
    expect(ended).toEqual({
      code: 0,
      stdout: `pages/${failed}.html\npages/${failed}.labels.json\n`,
      stderr: '',
    });
    const [html, labels] = await Promise.all(
      ['html', 'labels.json'].map((kind) => readFile(path.join(line.folder, 'pages', `${failed}.${kind}`), 'utf8')),
    );
    expect(JSON.parse(labels ?? '')).toEqual({
      files: {
        [`${failed}.html`]: {
          status: 'unreviewed',
          kind: 'login',
          kinds: ['login'],
          fields: { username: ['#username'], 'current-password': ['#password'] },
          submit: { status: 'annotated', selectors: [expect.stringMatching(/button/)] },
        },
      },
    });
    const secrets = [password, practice.ada.username].map((value) => ({
      name: value,
      value,
      kind: 'password' as const,
    }));
    expect(searchSecrets(secrets, [{ name: 'page', text: `${html}${labels}` }])).toEqual([]);

    // What somebody has corrected is not overwritten.
    expect(await line.run(['capture', failed, '--out', 'pages'], { env: ofService })).toEqual({
      code: 3,
      stdout: '',
      stderr: `keyturn: pages/${failed}.html is there already.\n`,
    });
    expect(await line.run(['capture', won], { env: ofService })).toEqual({
      code: 3,
      stdout: '',
      stderr: `keyturn: Run ${won} logged in; only a run without a login leaves a page.\n`,
    });
    expect((await line.run(['capture', 'wr_unknown'], { env: ofService })).stdout).toBe('');

    await service.program.close();
    const data = { KEYTURN_DATA_DIR: `${line.folder}/data` };
    const again = await line.run(['capture', failed, '--out', 'again'], { env: data });
    expect([again.code, again.stderr]).toEqual([0, '']);
    const inspected = await line.run(['inspect', `again/${failed}.html`, '--json']);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      page_kind: 'login',
      identifier: { selector: '#username' },
      password: { selector: '#password' },
    });
    expect(readdirSync(path.join(line.folder, 'again')).sort()).toEqual([`${failed}.html`, `${failed}.labels.json`]);
  });
});
