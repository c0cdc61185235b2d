import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { readKeepass } from '../../src/vaults/keepass-reading.ts';
import { keepassProvider } from '../../src/vaults/keepass-vault.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { type Entry, KeepassFolder, type Kind, keepassxc, makeFile, PASSWORD } from '../support/keepass-files.ts';
import { descendantsOf, kill } from '../support/processes.ts';
import { describeWith } from '../support/skip.ts';
import { fits, refusal } from './provider-body.ts';
import { item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';

const within = (ms = 20_000): AbortSignal => AbortSignal.timeout(ms);

function openVault(file: Buffer, over: { password?: string; key_file?: string } = { password: PASSWORD }): Vault {
  const { config } = keepassProvider.parse({ config: { file: file.toString('base64'), ...over } });
  return keepassProvider.open(config, vaultEnvironment(new GuardedClient([])));
}

/** As the vault does in a process of its own: what an entry holds, or the code and sentence of what went wrong. */
async function readHere(
  file: Buffer,
  itemId: string | null,
  over: { password?: string; key_file?: string } = { password: PASSWORD },
) {
  const { password = null, key_file = null } = over;
  const answer = await readKeepass({ file: file.toString('base64'), password, key_file, itemId });
  if ('failure' in answer) return answer.failure;
  return 'item' in answer ? answer.item : answer.entries;
}

const ENTRIES: Entry[] = [
  {
    group: 'Shops/Large "ones"',
    fields: {
      Title: 'Shop',
      UserName: 'ada',
      Password: ' ünïcödé 🔑 <&> ',
      URL: 'https://shop.example',
      KP2A_URL: 'https://b.example',
    },
  },
  { group: 'Others', fields: { Title: 'Shop', UserName: 'grace', Password: 'other-Passw0rd' } },
];

describeWith(keepassxc, 'a file that KeePassXC wrote', () => {
  const kinds: Kind[] = ['KDBX 4 with Argon2id', 'KDBX 4 with Argon2d', 'KDBX 4 with AES', 'KDBX 3.1'];
  describe.each(kinds)('%s', (kind) => {
    let folder: KeepassFolder;
    let vault: Vault;
    let uuid: string;
    beforeAll(async () => {
      folder = new KeepassFolder();
      // KeePassXC remembers where a removed entry lay, for which it turns KDBX 3.1 into 4.
      const old = kind === 'KDBX 3.1';
      const thrownAway = { fields: { Title: 'Thrown away', Password: 'gone-Passw0rd' }, removed: old };
      folder.put(await makeFile(kind, [...ENTRIES, thrownAway]));
      folder.run(
        ['add', '-q', '-u', 'new', '--url', 'https://new.example/login', '-p', folder.file, 'Added'],
        [PASSWORD, 'new-Passw0rd'],
      );
      if (!old) folder.run(['rm', '-q', folder.file, 'Thrown away']);
      uuid = /Uuid: \{([\w-]+)\}/.exec(folder.run(['show', folder.file, '/Others/Shop']))?.[1] ?? '';
      vault = openVault(folder.bytes);
    });
    afterAll(() => folder?.remove());

    test('is of this kind', () => {
      const info = folder.run(['db-info', folder.file]);
      expect(info).toContain({ id: 'Argon2id', '2d': 'Argon2d', ES: 'AES', '.1': 'AES' }[kind.slice(-2)] ?? '');
      expect(folder.bytes.readUInt16LE(10)).toBe(kind === 'KDBX 3.1' ? 3 : 4);
    });

    test('opens', () => vault.check(within()));

    test('an entry is read by its path, its only title, its UUID in both spellings', async () => {
      const added = {
        secret: {
          credential_type: 'password',
          username: 'new',
          password: 'new-Passw0rd',
          totp: null,
          extra_fields: {},
        },
        addresses: ['https://new.example/login'],
      };
      expect(await vault.read('cred_1', 'Added', within())).toEqual(added);
      expect(await readHere(folder.bytes, '/Added')).toEqual(added);
      expect(await readHere(folder.bytes, 'Shops/Large "ones"/Shop')).toEqual({
        secret: {
          credential_type: 'password',
          username: 'ada',
          password: ' ünïcödé 🔑 <&> ',
          totp: null,
          extra_fields: {},
        },
        addresses: ['https://shop.example', 'https://b.example'],
      });
      const base64 = Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64');
      for (const id of [uuid, `{${uuid.toUpperCase()}}`, uuid.replaceAll('-', ''), base64]) {
        expect(await readHere(folder.bytes, id)).toMatchObject({ secret: { username: 'grace' } });
      }
    });

    test('what lies in the recycle bin is not there, and a title that two have names neither', async () => {
      expect(folder.run(['ls', '-R', folder.file])).toContain('Thrown away');
      for (const id of ['Thrown away', 'Recycle Bin/Thrown away', 'Absent', '']) {
        expect(await readHere(folder.bytes, id)).toMatchObject({ code: 'not_found' });
      }
      await expect(vault.read('cred_1', 'Shop', within())).rejects.toMatchObject({
        code: 'vault_failed',
        message: expect.stringContaining('2 such'),
      });
    });

    test('another password is refused, a damaged file is told, neither with the password', async () => {
      const refused = openVault(folder.bytes, { password: 'another-Passw0rd' }).check(within());
      await expect(refused).rejects.toMatchObject({
        code: 'vault_refused',
        message: expect.not.stringContaining('another-'),
      });
      const bytes = folder.bytes;
      // In KDBX 3.1 nothing but the key tells whether the rest is whole.
      const tail = kind === 'KDBX 3.1' ? 'vault_refused' : 'vault_failed';
      for (const [damaged, code] of [
        [bytes.subarray(0, 60), 'vault_failed'],
        [Buffer.from(bytes).fill(7, 20, 60), 'vault_failed'],
        [bytes.subarray(0, -40), tail],
      ] as const) {
        expect(await readHere(damaged, null)).toMatchObject({ code });
      }
    });
  });

  test('with a key file, alone and with a password', async () => {
    for (const password of [undefined, PASSWORD]) {
      const folder = new KeepassFolder();
      const create = ['db-create', '-q', '-t', '100', '--set-key-file', folder.keyFilePath];
      folder.run([...create, ...(password === undefined ? [] : ['-p']), folder.file], [PASSWORD, PASSWORD]);
      const file = folder.bytes;
      const key_file = folder.keyFile.toString('base64');
      const other = Buffer.from('another key file').toString('base64');
      expect(await readHere(file, null, { key_file, ...(password !== undefined && { password }) })).toBeNull();
      const wrong = await readHere(file, null, { key_file: other, ...(password !== undefined && { password }) });
      expect([wrong, await readHere(file, null)]).toMatchObject([{ code: 'vault_refused' }, { code: 'vault_refused' }]);
      folder.remove();
    }
  });
});

describe('an entry of KeePass', () => {
  const seed = 'JBSWY3DPEHPK3PXP';
  const entry = (fields: Record<string, string>) =>
    makeFile('KDBX 4 with AES', [{ fields: { Title: 'One', UserName: 'ada', Password: 'a-Passw0rd', ...fields } }]);

  test.each([
    [{ otp: `otpauth://totp/a?secret=${seed}&digits=8` }, `otpauth://totp/a?secret=${seed}&digits=8`],
    [{ otp: `key=${seed}&size=8&step=60` }, `otpauth://totp/KeePass?secret=${seed}&digits=8&period=60`],
    [{ otp: `key=${seed}` }, seed],
    [
      { 'TOTP Seed': 'jbsw y3dp ehpk 3pxp', 'TOTP Settings': '60;8' },
      'otpauth://totp/KeePass?secret=jbswy3dpehpk3pxp&digits=8&period=60',
    ],
    [{ 'TOTP Seed': seed }, seed],
    [{ 'TimeOtp-Secret-Base32': seed }, seed],
    [
      {
        'TimeOtp-Secret-Base32': seed,
        'TimeOtp-Length': '8',
        'TimeOtp-Period': '60',
        'TimeOtp-Algorithm': 'HMAC-SHA-256',
      },
      `otpauth://totp/KeePass?secret=${seed}&digits=8&period=60&algorithm=SHA256`,
    ],
    [{}, null],
  ])('the seed of %j is %s', async (fields, totp) => {
    expect(await readHere(await entry(fields), 'One')).toMatchObject({ secret: { totp } });
  });

  test.each([
    [{ Password: '{REF:P@I:46C9B1FFBD4ABC4BBB260C6190BAD20C}' }, 'refers to another entry'],
    [{ UserName: '', Password: '' }, 'holds no password'],
  ])('%j is told', async (fields, words) => {
    expect(await readHere(await entry(fields), 'One')).toEqual({
      code: 'vault_failed',
      detail: expect.stringContaining(words),
    });
  });

  test('is only read', async () => {
    const vault = openVault(await entry({}));
    expect(vault.writable).toBe(false);
    await expect(vault.create(item(SECRETS.secret as CredentialSecret), within())).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(vault.delete('cred_1', 'One', within())).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await vault.find(newKey(), within())).toEqual([]);
  });
});

const PATIENTLY = { timeout: 15_000 };

describe('a KeePass file that is made to cost too much', () => {
  const costly: [Kind, { memory?: number; passes?: number; rounds?: number }][] = [
    ['KDBX 4 with Argon2id', { memory: 256 * 1024 * 1024 + 1024 }],
    ['KDBX 4 with Argon2d', { passes: 10_000 }],
    ['KDBX 4 with AES', { rounds: 100_000_001 }],
    ['KDBX 3.1', { rounds: 100_000_001 }],
  ];
  test.each(costly)('%s of %j is refused before anything is derived', async (kind, cost) => {
    const cheap = await makeFile(kind, []);
    expect(await readHere(cheap, null)).toBeNull();
    const detail = expect.stringContaining('lower it');
    expect(await readHere(withCost(cheap, cost), null)).toEqual({ code: 'vault_failed', detail });
  });

  test.each(['KDBX 4 with AES', 'KDBX 3.1'] as const)('%s that unpacks to too much is refused', async (kind) => {
    const large = 'x'.repeat(17 * 1024 * 1024);
    const file = await makeFile(kind, [{ fields: { Title: 'Large', Password: 'p', Notes: large } }]);
    expect(file.length).toBeLessThan(700_000);
    expect(gzipSync(large).length).toBeLessThan(file.length);
    expect(await readHere(file, null)).toEqual({ code: 'vault_failed', detail: expect.stringContaining('16 MiB') });
  });

  test('is given up when the time is over, before and in the middle of the derivation, which ends', async () => {
    const cheap = openVault(await makeFile('KDBX 4 with Argon2id', []));
    // Allowed, and many seconds of work.
    const cost = { memory: 256 * 1024 * 1024, passes: 32 };
    const slow = openVault(withCost(await makeFile('KDBX 4 with Argon2id', []), cost));
    const readers = () => descendantsOf(process.pid).filter(({ command }) => command.includes('keepass-reader'));
    const over = new AbortController();
    const works = Promise.allSettled([
      slow.check(over.signal),
      slow.check(over.signal),
      cheap.check(AbortSignal.abort()),
    ]);
    await expect.poll(() => readers().length, PATIENTLY).toBe(1);
    over.abort();
    const reason = { code: 'vault_failed', message: expect.stringContaining('in time') };
    expect(await works).toMatchObject(Array.from({ length: 3 }, () => ({ status: 'rejected', reason })));
    await expect.poll(() => readers().length, PATIENTLY).toBe(0);
    // The next one is not kept waiting by those that were given up.
    await cheap.check(within());
  });

  test('takes down nothing but its own process when it takes too much memory', async () => {
    const vault = openVault(await makeFile('KDBX 4 with Argon2id', []));
    const check = vault.check(within());
    const reader = () => descendantsOf(process.pid).find(({ command }) => command.includes('keepass-reader'));
    await expect.poll(reader, PATIENTLY).toBeDefined();
    kill(reader()?.pid ?? 0);
    await expect(check).rejects.toMatchObject({ code: 'vault_failed', message: expect.stringContaining('memory') });
    await vault.check(within());
  });
});

/** The same file with other numbers in its header, whose plain hash anybody can renew. */
function withCost(file: Buffer, cost: Record<string, number>): Buffer {
  const changed = Buffer.from(file);
  const old = changed.readUInt16LE(10) === 3;
  for (const [name, value] of Object.entries(cost)) {
    // KDBX 4: type UInt64, the name's length, the name, the value's length. KDBX 3.1: field 6 of 8 bytes.
    const letter = { memory: 'M', passes: 'I', rounds: 'R' }[name] ?? '';
    const four = Buffer.concat([Buffer.from([5, 1, 0, 0, 0]), Buffer.from(letter), Buffer.from([8, 0, 0, 0])]);
    const mark = old ? Buffer.from([6, 8, 0]) : four;
    changed.writeBigUInt64LE(BigInt(value), changed.indexOf(mark) + mark.length);
  }
  if (old) return changed;
  let end = 12;
  for (let field = -1; field !== 0; end += 5 + changed.readUInt32LE(end + 1)) field = changed.readUInt8(end);
  createHash('sha256').update(changed.subarray(0, end)).digest().copy(changed, end);
  return changed;
}

describe('the configuration of KeePass', () => {
  const file = Buffer.concat([Buffer.from('03d9a29a67fb4bb5', 'hex'), Buffer.alloc(100)]).toString('base64');

  test('is taken; the end of the password is not what is shown', () => {
    const body = { config: { file, password: 'a-Passw0rd', key_file: 'a2V5' } };
    expect(fits(keepassProvider, body)).toBe(true);
    const { config, metadata, secrets } = keepassProvider.parse(body);
    expect(config).toEqual(body.config);
    expect(metadata).toEqual({
      file_bytes: 108,
      file_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      has_password: true,
      has_key_file: true,
    });
    expect(secrets).toEqual([metadata.file_sha256, 'a-Passw0rd', 'a2V5']);
  });

  test.each([
    {},
    { config: { password: 'x' } },
    { config: { file: 'no base64!', password: 'x' } },
    { config: { file, extra: 1 } },
  ])('%j does not fit', (wrong) => expect(fits(keepassProvider, wrong)).toBe(false));

  test.each([
    [{ file }, '/config'],
    [{ file: 'a2V5', password: 'x' }, '/config/file'],
    [
      { file: Buffer.concat([Buffer.from(file, 'base64'), Buffer.alloc(700_000)]).toString('base64'), password: 'x' },
      '/config/file',
    ],
  ])('what opens nothing is refused (%#)', (config, path) => {
    expect(refusal(() => keepassProvider.parse({ config }))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path }],
    });
  });
});
