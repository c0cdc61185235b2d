import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandFailed, EXIT, exitCodeOfRefusal } from '../../src/commands/command-failed.ts';
import { importCommand } from '../../src/commands/import-command.ts';
import { KeyturnError } from '../../src/errors.ts';
import { bitwardenFile, bitwardenLogin, lockedBitwardenFile } from '../importing/export-files.ts';
import { JsonService } from '../support/json-service.ts';
import { startPractice } from '../support/practice.ts';
import { type PlantedSecret, searchSecrets } from '../support/secret-search.ts';
import { startService } from '../support/service.ts';
import { OPERATOR_KEY } from '../support/service-program.ts';
import { type CommandLine, commandLine, type Ended } from './command-line.ts';

const TIMEOUT_MS = 90_000;

let line: CommandLine;
beforeEach(async () => {
  line = await commandLine({ KEYTURN_API_KEY: OPERATOR_KEY });
});
afterEach(() => line.close());

async function file(name: string, content: string): Promise<string> {
  const place = path.join(line.folder, name);
  await writeFile(place, content);
  return place;
}

function hitsIn(secrets: PlantedSecret[], ...ended: Ended[]) {
  return searchSecrets(
    secrets,
    ended.flatMap(({ stdout, stderr }) => [
      { name: 'stdout', text: stdout },
      { name: 'stderr', text: stderr },
    ]),
  );
}

test('a protected Bitwarden export into the data folder', { timeout: TIMEOUT_MS }, async () => {
  const secrets: PlantedSecret[] = [
    { name: 'file', value: 'kt-file-"Passw0rd" ü', kind: 'password' },
    { name: 'shop', value: " kt-shop-'Passw0rd'%41&ü", kind: 'password' },
    { name: 'skipped', value: 'kt-skipped-Passw0rd<>', kind: 'password' },
    { name: 'seed', value: 'KRUGKIDROVUWG2ZAMJZG653OEBTG66BA', kind: 'seed' },
    { name: 'bad seed', value: 'kt-bad-seed-0189', kind: 'password' },
    { name: 'card', value: '5555341244441115', kind: 'password' },
    { name: 'note', value: 'kt-note-of-the-item', kind: 'password' },
  ];
  const valueFor = (name: string) => secrets.find((secret) => secret.name === name)?.value ?? '';
  const uris = [{ match: null, uri: 'https://shop.example/login?token=1' }];
  const items = [
    bitwardenLogin(
      'Shop\u001b[2J',
      { username: 'ada', password: valueFor('shop'), totp: valueFor('seed'), uris },
      { notes: valueFor('note') },
    ),
    bitwardenLogin('Shop again', { username: 'ada', password: valueFor('skipped'), uris }),
    bitwardenLogin('Bad seed', { username: 'ada', password: valueFor('skipped'), totp: valueFor('bad seed') }),
    { type: 2, name: 'Note', notes: valueFor('note') },
    {
      type: 3,
      name: 'Card',
      card: {
        cardholderName: 'Ada Berg',
        brand: 'mastercard',
        number: valueFor('card'),
        expMonth: '3',
        expYear: '2031',
        code: '012',
      },
    },
  ];
  const stretching = { kdfType: 0, kdfIterations: 5000 } as const;
  const place = await file(
    'export.json',
    await lockedBitwardenFile(bitwardenFile(items), valueFor('file'), stretching),
  );
  const run = (...args: string[]) =>
    line.run(['credentials', 'import', place, '--password-stdin', ...args], { input: `${valueFor('file')}\n` });

  const dry = await run('--dry-run');
  expect([dry.code, dry.stderr]).toEqual([0, '']);
  expect(dry.stdout).toBe(
    [
      'name        type         username  origins               second factor  left out  result',
      'Shop [2J    password     ada       https://shop.example  yes            notes     would be made',
      'Shop again  password     ada       https://shop.example  no             -         skipped: it is the same as an earlier item of the file',
      'Bad seed    password     ada       -                     yes            -         skipped: the TOTP seed holds a character that is not base32 (letters A to Z, digits 2 to 7)',
      'Note        -            -         -                     no             notes     skipped: it is neither a login nor a card',
      'Card        credit_card  -         -                     no             -         would be made',
      '',
      '2 would be made, 3 skipped',
      '',
    ].join('\n'),
  );

  // Nothing was made, or the second login would find the first as a credential.
  const made = await run('--json');
  expect([made.code, made.stderr]).toEqual([0, '']);
  const told = JSON.parse(made.stdout);
  expect(told).toMatchObject({ format: 'bitwarden', made: 2, skipped: 3, failed: 0, not_tried: 0 });
  expect(told.items.map((item: { result: string }) => item.result)).toEqual([
    'made',
    'skipped',
    'skipped',
    'skipped',
    'made',
  ]);
  expect(hitsIn(secrets, dry, made)).toEqual([]);
  expect(searchSecrets(secrets, [{ name: 'data folder', path: path.join(line.folder, '.keyturn') }])).toEqual([]);
  expect(hitsIn([{ name: 'shown', value: 'Shop again', kind: 'password' }], dry)).not.toEqual([]);

  const shown = await line.run(['credentials', 'show', told.items[0].credential_id]);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    name: 'Shop [2J',
    credential: { username: 'ada', totp_type: 'authenticator' },
    allowed_origins: ['https://shop.example'],
  });
});

describe('with KEYTURN_URL', { timeout: TIMEOUT_MS }, () => {
  test('what fails in the middle is told, the next run makes the rest, and what came logs in', async () => {
    const practice = await startPractice();
    const service = await startService();
    let creations = 0;
    /** The way to the service, which is lost at the second creation. */
    const way = await JsonService.start(async ({ method, url, text }) => {
      if (method === 'POST') creations += 1;
      if (method === 'POST' && creations === 2) return { status: 502, body: { code: 'vault_failed', detail: 'Lost.' } };
      const { status, body } = await service.call(method, url.pathname + url.search, text || undefined);
      return { status, body };
    });
    try {
      const { ada, grace, site } = practice;
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const row = (name: string, url: string, { username, password }: { username: string; password: string }) =>
        [name, url, username, quoted(password), ''].join(',');
      const place = await file(
        'Chrome Passwords.csv',
        `\ufeffname,url,username,password,note\r\n${[
          row('Practice', site.url('classic'), ada),
          row('Practice', site.url('classic'), grace),
          row('Shop', 'https://shop.example', ada),
        ].join('\r\n')}`,
      );
      const run = (url: string) =>
        line.run(['credentials', 'import', place], { env: { KEYTURN_URL: url, KEYTURN_API_KEY: service.key } });
      const results = ({ stdout }: Ended) => stdout.split('\n').map((text) => text.split(/ {2,}/).at(-1));
      const id = /^made: cred_\w+$/;

      const first = await run(way.url);
      expect([first.code, first.stderr]).toEqual([
        3,
        'keyturn: 2 of 3 were not made; the same command skips those that were.\n',
      ]);
      expect(results(first)).toEqual([
        'result',
        expect.stringMatching(id),
        'failed: Lost.',
        'not tried',
        '',
        '1 made, 1 failed, 1 not tried',
        '',
      ]);

      const second = await run(service.url);
      expect([second.code, second.stderr]).toEqual([0, '']);
      const [, made = ''] = / (cred_\w+)/.exec(first.stdout) ?? [];
      const skipped = `skipped: it is the same as the credential ${made}`;
      expect(results(second).slice(1, 4)).toEqual([skipped, expect.stringMatching(id), expect.stringMatching(id)]);
      const secrets = [ada, grace].map(
        ({ username, password }): PlantedSecret => ({ name: username, value: password, kind: 'password' }),
      );
      expect(hitsIn(secrets, first, second)).toEqual([]);

      const started = await service.call('POST', `/v1/credentials/${made}/test`, { url: site.url('classic') });
      expect(await service.finished(started.body)).toMatchObject({ outcome: 'logged_in', verdict: 'passed' });
    } finally {
      await way.close();
      await service.close();
      await practice.close();
    }
  });
});

describe('before anything is opened', () => {
  /** The sentence and the exit code of a command whose settings are not read yet. */
  async function refused(...args: string[]): Promise<[string, number]> {
    const command = new Command();
    importCommand(command, () => {
      throw new Error('The settings were read.');
    });
    const error = await command.parseAsync(['import', ...args], { from: 'user' }).catch((thrown: unknown) => thrown);
    if (error instanceof CommandFailed) return [error.message, error.exitCode];
    if (error instanceof KeyturnError) return [error.message, exitCodeOfRefusal(error.status)];
    throw error;
  }

  test('a file that cannot be read is refused', async () => {
    const bad = await file('bad.json', '{"items": [{"password": "kt-canary');
    expect(await refused(bad)).toEqual(['The file is not valid JSON.', EXIT.usage]);
    const absent = path.join(line.folder, 'absent');
    expect(await refused(absent)).toEqual([`The file ${absent} cannot be opened.`, EXIT.usage]);
    expect(await refused(line.folder)).toEqual([`${line.folder} is no file.`, EXIT.usage]);
    const large = await file('large.csv', 'x');
    await truncate(large, 20 * 1024 * 1024 + 1);
    expect(await refused(large)).toEqual([`The file ${large} is larger than 20,971,520 bytes.`, EXIT.usage]);
    await truncate(large, 20 * 1024 * 1024);
    expect((await refused(large))[0]).toMatch(/none that is known/);
  });

  test('a protected file without a terminal and without --password-stdin waits for nobody', async () => {
    const locked = await file('locked.json', await lockedBitwardenFile('{}', 'p', { kdfType: 0, kdfIterations: 1 }));
    const sentence = 'Give the password of the file on standard input, with --password-stdin.';
    expect(await refused(locked)).toEqual([sentence, EXIT.usage]);
    const key = await file('file.keyx', 'x'.repeat(20_001));
    expect((await refused(locked, '--key-file', key, '--no-password'))[0]).toMatch(/larger than 20,000 bytes/);
  });
});
