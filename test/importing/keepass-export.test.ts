import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openExport } from '../../src/importing/open-export.ts';
import { type Entry, KeepassFolder, keepassxc, makeFile, PASSWORD } from '../support/keepass-files.ts';
import { describeWith } from '../support/skip.ts';

const TIMEOUT_MS = 60_000;

const read = (file: Buffer, password: string | null = PASSWORD, keyFile: Buffer | null = null) =>
  openExport(file).items({ password, keyFile }, AbortSignal.timeout(TIMEOUT_MS));

describeWith(keepassxc, 'a file that KeePassXC made', () => {
  let folder: KeepassFolder;
  beforeEach(() => {
    folder = new KeepassFolder();
  });
  afterEach(() => folder.remove());

  test('every entry but those thrown away, and a key file', { timeout: TIMEOUT_MS }, async () => {
    const create = ['db-create', '-q', '-t', '100', '--set-key-file', folder.keyFilePath, '-p', folder.file];
    folder.run(create, [PASSWORD, PASSWORD]);
    const open = ['-q', '--key-file', folder.keyFilePath];
    folder.run(['mkdir', ...open, folder.file, 'Shops']);
    const add = (name: string, username: string, password: string) =>
      folder.run(
        ['add', ...open, '-u', username, '--url', 'https://a.example/login', '-p', folder.file, name],
        [PASSWORD, password],
      );
    add('Shops/Shop "one"', 'ada', ' kt ünïcödé 🔑');
    add('Other', 'grace', 'kt-other');
    add('Gone', 'ada', 'kt-gone');
    folder.run(['rm', ...open, folder.file, 'Gone']);
    const { bytes } = folder;
    expect(openExport(bytes)).toMatchObject({ format: 'keepass', locked: true });
    const login = { kind: 'login', totp: null, addresses: ['https://a.example/login'], leftOut: [] };
    const items = await read(bytes, PASSWORD, folder.keyFile);
    expect(items.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { ...login, name: 'Other', username: 'grace', password: 'kt-other' },
      { ...login, name: 'Shop "one"', username: 'ada', password: ' kt ünïcödé 🔑' },
    ]);
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'The password or the key file does not open the KeePass file.',
    });
  });
});

describe('a file made here', { timeout: TIMEOUT_MS }, () => {
  const entries: Entry[] = [
    {
      fields: {
        Title: 'Seeded',
        UserName: 'ada',
        Password: 'p',
        otp: 'otpauth://totp/x?secret=JBSWY3DP',
        KP2A_URL: 'https://b.example',
        Notes: 'a note',
        'My pin': '1234',
      },
    },
    { fields: { Title: 'Refers', UserName: 'ada', Password: '{REF:P@I:00112233445566778899AABBCCDDEEFF}' } },
    { fields: { Title: 'Name only', UserName: 'ada', Password: '' } },
    { fields: { Title: 'Empty' } },
    { fields: { Title: 'Thrown away', Password: 'gone' }, removed: true },
  ];

  test('seeds and addresses come, and what does not come says why', async () => {
    expect(await read(await makeFile('KDBX 4 with Argon2id', entries))).toMatchObject([
      {
        kind: 'login',
        name: 'Seeded',
        totp: 'otpauth://totp/x?secret=JBSWY3DP',
        addresses: ['https://b.example'],
        leftOut: ['notes', 'custom fields'],
      },
      { kind: 'none', name: 'Refers', username: 'ada', reason: expect.stringMatching(/refers to another entry/) },
      { kind: 'none', name: 'Name only', username: 'ada', reason: 'it holds no password' },
      { kind: 'none', name: 'Empty', reason: expect.stringMatching(/no password/) },
    ]);
  });

  test('a damaged file, one of another version, and one that costs too much are refused', async () => {
    const file = await makeFile('KDBX 3.1', entries);
    const costly = await makeFile('KDBX 4 with AES', [], { rounds: 6000 });
    for (const damaged of [file.subarray(0, 60), Buffer.from('03d9a29a65fb4bb5', 'hex')]) {
      await expect(read(damaged)).rejects.toMatchObject({ name: 'KeyturnError', code: 'invalid_request' });
    }
    expect(await read(costly)).toEqual([]);
    const at = costly.indexOf(Buffer.from([0x05, 1, 0, 0, 0, 0x52, 8, 0, 0, 0]));
    costly.writeBigUInt64LE(2_000_000_000n, at + 10);
    await expect(read(costly)).rejects.toThrow(/asks for more than/);
  });
});
