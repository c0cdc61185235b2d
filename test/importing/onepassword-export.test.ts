import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readOnepasswordExport } from '../../src/importing/onepassword-export.ts';
import { archive, onepasswordCard, onepasswordData, onepasswordFile, onepasswordLogin } from './export-files.ts';

const only = (item: unknown) => readOnepasswordExport(onepasswordFile([item]))[0];
const refusal = (file: Buffer): string => {
  try {
    readOnepasswordExport(file);
  } catch (error) {
    expect(error).toMatchObject({ name: 'KeyturnError', code: 'invalid_request' });
    return (error as Error).message;
  }
  throw new Error('It was read.');
};

describe('items', () => {
  test('a login with everything a credential holds', () => {
    const login = { username: 'ada', password: ' p "ä" ', totp: 'JBSWY3DP', urls: ['https://a.example', 'b.example'] };
    expect(only(onepasswordLogin('Shop', login))).toEqual({
      kind: 'login',
      name: 'Shop',
      username: 'ada',
      password: ' p "ä" ',
      totp: 'JBSWY3DP',
      addresses: ['https://a.example', 'https://a.example', 'b.example'],
      leftOut: [],
    });
  });

  test('what has no place is named', () => {
    const fields = [
      { id: 'a', value: { totp: 'JBSWY3DP' } },
      { id: 'b', value: { totp: 'GEZDGNBV' } },
      { id: 'c', value: { concealed: '1234' } },
      { id: 'd', value: { string: '' } },
    ];
    const details = { notesPlain: 'a note', sections: [{ fields }], passkey: { privateKey: 'x' } };
    expect(only(onepasswordLogin('Shop', { password: 'p' }, { details }))).toMatchObject({
      totp: 'JBSWY3DP',
      leftOut: ['notes', 'custom fields', 'further one-time codes', 'passkey'],
    });
  });

  test('a card', () => {
    const values = {
      cardholder: { string: 'Ada Berg' },
      type: { creditCardType: 'visa' },
      ccnum: { creditCardNumber: '4111111111111111' },
      cvv: { concealed: '012' },
      expiry: { monthYear: 203107 },
      pin: { concealed: '9999' },
    };
    expect(only(onepasswordCard('Card', values))).toMatchObject({
      kind: 'card',
      name: 'Card',
      card: {
        card_holder_name: 'Ada Berg',
        card_brand: 'visa',
        card_number: '4111111111111111',
        card_cvv: '012',
        card_exp_month: '07',
        card_exp_year: '2031',
      },
    });
  });

  test('a password by itself is a secret, and with an address a login', () => {
    const alone = onepasswordLogin('Safe', {}, { categoryUuid: '005', details: { password: 'kt-alone' } });
    expect(only(alone)).toMatchObject({ kind: 'secret', value: 'kt-alone' });
    const placed = { ...alone, overview: { title: 'Safe', url: 'https://a.example' } };
    expect(only(placed)).toMatchObject({ kind: 'login', username: '', password: 'kt-alone' });
  });

  test.each([
    ['a note', { categoryUuid: '003' }, /neither/],
    ['a server', { categoryUuid: '110' }, /neither/],
    ['archived', { state: 'archived' }, /archived/],
    ['in the bin', { trashed: true }, /bin/],
    ['no password', { details: { loginFields: 'x' } }, /no password/],
  ])('%s is not taken, with the reason', (_what, over, reason) => {
    const item = onepasswordLogin('n', { username: 'ada', password: 'p' }, over);
    expect(only(item)).toMatchObject({ kind: 'none', name: 'n', reason: expect.stringMatching(reason) });
  });
});

describe('the archive', () => {
  const data = onepasswordData([onepasswordLogin('Shop', { password: 'p' })]);

  test('names are no paths, and what else lies in it is not looked at', () => {
    const files = {
      '../../../tmp/keyturn-escape': 'x',
      '/etc/keyturn-escape': 'x',
      'C:\\keyturn-escape': 'x',
      'files/export.data': 'not this one',
      '../export.data': 'nor this',
      'export.data': data,
    };
    expect(readOnepasswordExport(archive(files))).toMatchObject([{ name: 'Shop' }]);
    expect(refusal(archive({ '../export.data': data, './export.data': data }))).toMatch(/holds no "export.data"/);
  });

  test('packed and not packed', () => {
    expect(readOnepasswordExport(archive({ 'export.data': data }, 0))).toMatchObject([{ name: 'Shop' }]);
  });

  test('sizes that are told behind the file, as streaming writers do', () => {
    // Bit 3 of the flags, sizes of nought in front, and a descriptor behind (APPNOTE.TXT 4.3.9).
    const plain = archive({ 'export.data': data });
    const packed = plain.readUInt32LE(18);
    const start = 30 + plain.readUInt16LE(26) + plain.readUInt16LE(28);
    const head = Buffer.from(plain.subarray(0, start));
    const descriptor = Buffer.concat([Buffer.from('PK\x07\x08'), head.subarray(14, 26)]);
    head.writeUInt16LE(head.readUInt16LE(6) | 8, 6);
    head.fill(0, 14, 26);
    const body = plain.subarray(start, start + packed);
    const streamed = Buffer.concat([head, body, descriptor, plain.subarray(start + packed)]);
    expect(readOnepasswordExport(streamed)).toMatchObject([{ name: 'Shop' }]);
  });

  test('a huge file in a small one is given up early', () => {
    const bomb = bombOf(1024);
    expect(bomb.length).toBeLessThan(1_200_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(refusal(bomb)).toMatch(/unpacks to too much/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 1024 * 1024);
  });

  test('a large file that hardly packs', () => {
    const noise = Buffer.alloc(33 * 1024 * 1024, '0123456789abcdef');
    expect(refusal(archive({ 'export.data': noise }, 0))).toMatch(/unpacks to too much/);
  });

  test.each([
    ['little', 10],
    ['nothing', 0],
    ['much', 0xfffffff0],
  ])('sizes that lie: %s', (_what, size) => {
    const bomb = bombOf(64);
    const lying = withUnpackedSize(bomb, size);
    expect(refusal(lying)).toMatch(/unpacks to too much/);
    const honest = archive({ 'export.data': data });
    expect(readOnepasswordExport(withUnpackedSize(honest, size))).toMatchObject([{ name: 'Shop' }]);
  });

  test('a packed size that lies is damage', () => {
    const file = archive({ 'export.data': data });
    for (const size of [1, 60, 0x7fffffff]) {
      const lying = Buffer.from(file);
      lying.writeUInt32LE(size, 18);
      expect(refusal(lying)).toMatch(/damaged|JSON/);
    }
  });

  test('an archive within the archive stays packed', () => {
    const inner = archive({ 'export.data': archive({ 'export.data': data }) });
    expect(refusal(inner)).toMatch(/UTF-8|JSON/);
  });

  test('very many files', () => {
    const one = archive({ 'files/empty': '' });
    const local = one.subarray(0, one.lastIndexOf(Buffer.from('PK\x01\x02')));
    const many = (count: number) => Buffer.concat([...Array.from({ length: count }, () => local), one]);
    expect(refusal(many(10_000))).toMatch(/10,000/);
    expect(refusal(many(9_999))).toMatch(/holds no "export.data"/);
  });

  test('the file twice, packed in an unknown way, cut off, or no archive', () => {
    const one = archive({ 'export.data': data });
    const local = one.subarray(0, one.lastIndexOf(Buffer.from('PK\x01\x02')));
    expect(refusal(Buffer.concat([local, one]))).toMatch(/twice/);
    const odd = Buffer.from(one);
    odd.writeUInt16LE(12, 8);
    expect(refusal(odd)).toMatch(/not known/);
    expect(refusal(one.subarray(0, 60))).toMatch(/damaged|JSON/);
    expect(refusal(Buffer.from('PK\x05\x06'.padEnd(22, '\0')))).toMatch(/no 1Password export/);
    expect(refusal(Buffer.from('hello'))).toMatch(/no 1Password export/);
    expect(refusal(archive({ 'export.data': '{"accounts": 1}' }))).toMatch(/no accounts/);
    expect(refusal(archive({ 'export.data': '{"accounts": [{"kt-canary' }))).toBe('The file is not valid JSON.');
  });
});

function withUnpackedSize(file: Buffer, size: number): Buffer {
  const changed = Buffer.from(file);
  changed.writeUInt32LE(size, 22);
  changed.writeUInt32LE(size, changed.lastIndexOf(Buffer.from('PK\x01\x02')) + 24);
  return changed;
}

/** An archive whose file is nothing but noughts, that many MiB: multiples of 16. */
function bombOf(mebibytes: number): Buffer {
  const blocks = deflateRawSync(Buffer.alloc(16 * 1024 * 1024), { finishFlush: constants.Z_FULL_FLUSH });
  const many = Array.from({ length: mebibytes / 16 }, () => blocks);
  const file = archive({ 'export.data': Buffer.concat([...many, deflateRawSync(Buffer.alloc(0))]) }, 0);
  // As if it had been packed here.
  file.writeUInt16LE(8, 8);
  file.writeUInt16LE(8, file.lastIndexOf(Buffer.from('PK\x01\x02')) + 10);
  return withUnpackedSize(file, mebibytes * 1024 * 1024);
}
