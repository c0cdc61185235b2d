import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../src/errors.ts';
import { IMPORT_FORMATS, type ImportedItem, type ImportFormat } from '../../src/importing/imported-item.ts';
import { openExport } from '../../src/importing/open-export.ts';
import { planImport } from '../../src/importing/plan-import.ts';
import {
  archive,
  bitwardenFile,
  bitwardenLogin,
  lockedBitwardenFile,
  onepasswordFile,
  onepasswordLogin,
} from './export-files.ts';

/** KeePass files are opened in a process of their own, which is slow to try often. */
const HERE = IMPORT_FORMATS.filter((format) => format !== 'keepass');

const signal = AbortSignal.timeout(120_000);
const key = { password: 'p', keyFile: null };

/** The items of a file that is read, the sentence of one that is refused; anything else fails the test. */
async function outcome(file: Buffer, format?: ImportFormat): Promise<ImportedItem[] | string> {
  try {
    return await openExport(file, format).items(key, signal);
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'invalid_request') return error.message;
    throw error;
  }
}

/** Read or refused, and what is read can be planned. */
async function copesWith(file: Buffer): Promise<void> {
  for (const format of [undefined, ...HERE]) {
    if (format === undefined && file.subarray(0, 4).equals(Buffer.from('03d9a29a', 'hex'))) continue;
    const items = await outcome(file, format);
    if (typeof items !== 'string') planImport(items, [], 'skip');
  }
}

describe('nothing but a refusal comes of', () => {
  test('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => copesWith(Buffer.from(bytes))),
      { numRuns: 300 },
    );
  });

  test('text that looks like CSV', async () => {
    const sign = fc.constantFrom('"', ',', '\n', '\r', 'a', ' ', '\ufeff', '\0', 'url,username,password,name\n');
    await fc.assert(
      fc.asyncProperty(fc.array(sign, { maxLength: 40 }), (signs) =>
        copesWith(Buffer.from(`url,username,password,name\n${signs.join('')}`)),
      ),
      { numRuns: 300 },
    );
  });

  test('JSON of any shape in every place', async () => {
    const places = (value: unknown) => [
      bitwardenFile([value]),
      bitwardenFile([bitwardenLogin('n', { password: 'p', uris: value, totp: value, username: value })]),
      bitwardenFile([{ type: 3, name: value, card: value, fields: value }]),
      JSON.stringify({ items: value }),
      JSON.stringify({
        encrypted: true,
        passwordProtected: true,
        kdfType: 0,
        kdfIterations: 1,
        salt: value,
        data: value,
      }),
    ];
    const packed = (value: unknown) => [
      onepasswordFile([value]),
      onepasswordFile([{ categoryUuid: '001', overview: value, details: value }]),
      onepasswordFile([{ categoryUuid: '002', details: { sections: [{ fields: [{ id: 'expiry', value }] }] } }]),
      onepasswordFile([{ categoryUuid: '001', details: { loginFields: value, sections: value, password: 'p' } }]),
      archive({ 'export.data': JSON.stringify({ accounts: value }) }),
    ];
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        for (const text of places(value)) await copesWith(Buffer.from(text));
        for (const file of packed(value)) await copesWith(file);
      }),
      { numRuns: 100 },
    );
  });

  test('real files with some bytes changed or cut off', { timeout: 60_000 }, async () => {
    const text = bitwardenFile([bitwardenLogin('Shop', { username: 'ada', password: 'p', totp: 'JBSWY3DP' })]);
    const files = [
      Buffer.from(text),
      Buffer.from(await lockedBitwardenFile(text, 'p', { kdfType: 0, kdfIterations: 1 })),
      onepasswordFile([onepasswordLogin('Shop', { username: 'ada', password: 'p', urls: ['https://a.example'] })]),
    ];
    for (const file of files) expect(await outcome(file)).toHaveLength(1);
    const change = fc.tuple(fc.nat(2000), fc.nat(255));
    const changes = fc.tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 6 }), fc.option(fc.nat(2000)));
    await fc.assert(
      fc.asyncProperty(changes, async ([file, places, length]) => {
        const changed = Buffer.from(file.subarray(0, length ?? file.length));
        for (const [at, byte] of places) if (at < changed.length) changed[at] = byte;
        await copesWith(changed);
      }),
      { numRuns: 200 },
    );
  });

  test('a KeePass file that is none', { timeout: 60_000 }, async () => {
    const signature = Buffer.from('03d9a29a67fb4bb5', 'hex');
    for (const rest of [Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.from('0000040002100000', 'hex')]) {
      expect(await outcome(Buffer.concat([signature, rest]))).toMatch(/KeePass file/);
    }
    expect(await outcome(Buffer.from('{}'), 'keepass')).toMatch(/KeePass file/);
  });
});

test('a file is known by its content', () => {
  const formatOf = (file: string | Buffer) => openExport(Buffer.from(file)).format;
  expect(formatOf(`\ufeff\n  ${bitwardenFile([])}`)).toBe('bitwarden');
  expect(formatOf(onepasswordFile([]))).toBe('1pux');
  expect(formatOf(Buffer.from('03d9a29a', 'hex'))).toBe('keepass');
  expect(formatOf('name,url,username,password\n')).toBe('chrome');
  expect(formatOf('"url","username","password","httpRealm"\n')).toBe('firefox');
  for (const other of [
    '',
    'hello',
    'Title,URL,Username,Password,Notes,OTPAuth\n',
    Buffer.from([0xff, 0xfe, 0x61, 0]),
  ]) {
    expect(() => formatOf(other)).toThrow(KeyturnError);
  }
});
