import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type PlantedSecret, type Sink, searchSecrets } from './secret-search.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sinks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function password(value = randomBytes(12).toString('base64url')): PlantedSecret {
  return { name: 'the password', value, kind: 'password' };
}

function found(secret: PlantedSecret, sink: Sink): string[] {
  return searchSecrets([secret], [sink]).map((hit) => hit.encoding);
}

/** Values that break a search or an encoder that is not careful. */
const VALUES: [what: string, value: string][] = [
  ['random', randomBytes(12).toString('base64url')],
  ['quotes', `a"b'c\\d"e'f\\g`],
  ['unicode', 'pässwörd-🔑-ключ'],
  ['percent', '100%25%41+plus&amp=1'],
  ['regex characters', '^(a|b)*[c]{2}.$?+\\d'],
  ['leading spaces', '   three before and two after  '],
  ['markup', '<b>&quot;&#39;</b>'],
  ['a line break', 'first\nsecond\tthird'],
];

const ENCODERS: Record<string, (value: string) => string | Buffer> = {
  raw: (value) => `before ${value} after`,
  utf16: (value) => Buffer.from(`before ${value} after`, 'utf16le'),
  url: (value) => `https://example.test/?p=${encodeURIComponent(value)}&q=1`,
  'url, lower case and strict': (value) =>
    `?p=${[...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
  form: (value) => `user=a&${new URLSearchParams({ password: value })}&b=c`,
  json: (value) => JSON.stringify({ password: value, other: 1 }),
  'json, all of it escaped': (value) =>
    value.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'json in json': (value) => JSON.stringify({ body: JSON.stringify({ password: value }) }),
  'form in json': (value) => JSON.stringify({ body: `${new URLSearchParams({ password: value })}` }),
  html: (value) => `<p>${value.replace(/["'&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`)}</p>`,
  'base64, first alignment': (value) => `Basic ${Buffer.from(`${value}!`).toString('base64')}`,
  'base64, second alignment': (value) => `Basic ${Buffer.from(`u${value}!`).toString('base64')}`,
  'base64, third alignment': (value) => `Basic ${Buffer.from(`u:${value}!`).toString('base64')}`,
  base64url: (value) => Buffer.from(`??>>${value}??>>`).toString('base64url'),
  hex: (value) => `<${Buffer.from(value).toString('hex')}>`,
  'upper hex': (value) => `<${Buffer.from(value).toString('hex').toUpperCase()}>`,
};

describe.each(Object.entries(ENCODERS))('%s', (_encoding, encode) => {
  test.each(VALUES)('%s', (_what, value) => {
    expect(found(password(value), { name: 'log', bytes: Buffer.from(encode(value) as string) })).not.toEqual([]);
    expect(found(password(`${value}x`), { name: 'log', bytes: Buffer.from(encode(value) as string) })).toEqual([]);
  });
});

test('a hit names sink, secret, encoding and place, never the value', () => {
  const secret = password();
  const hits = searchSecrets([secret], [{ name: 'the log', text: `12345 ${secret.value}` }]);
  expect(hits).toEqual([{ sink: 'the log', name: 'the password', encoding: 'raw', offset: 6 }]);
});

test('seeds are found as they are written and as key bytes', () => {
  const seed = { name: 'seed', value: 'JBSWY3DPEHPK3PXPJBSWY3DP', kind: 'seed' } as const;
  const address = { ...seed, value: `otpauth://totp/Shop:a?secret=${seed.value}&issuer=Shop` };
  for (const text of [
    seed.value,
    seed.value.toLowerCase(),
    'JBSW Y3DP EHPK 3PXP JBSW Y3DP',
    '48656c6c6f21deadbeef48656c6c6f',
    Buffer.from('48656c6c6f21deadbeef48656c6c6f', 'hex').toString('base64'),
  ]) {
    expect(found(seed, { name: 'log', text }), text).not.toEqual([]);
    expect(found(address, { name: 'log', text }), text).not.toEqual([]);
  }
});

describe('codes', () => {
  const code = { name: 'code', value: '492817', kind: 'code' } as const;

  test.each([
    ['in words', 'your code is 492817.'],
    ['as a number', '{"code":492817}'],
    ['as text', '{"code":"492817"}'],
    ['in a URL', '/verify?code=492817&next=%2F'],
    ['spaced', 'type 492 817 now'],
    ['base64', Buffer.from('{"code":"492817"}').toString('base64')],
    ['percent-encoded', '%34%39%32%38%31%37'],
  ])('%s: found', (_where, text) => {
    expect(found(code, { name: 'log', text })).not.toEqual([]);
  });

  test.each([
    ['a longer number', '14928170'],
    ['a time', '"at":"2026-11-24T09:41:34.492817Z"'],
    ['a fraction', '0.492817 s'],
    ['an id', 'run wr_0mf492817492817abcdefghi ended'],
    ['a UUID', 'a0b1c2d3-0000-4000-8000-492817492817'],
    ['a word', 'sha-a492817b'],
  ])('%s: not a code', (_where, text) => {
    expect(found(code, { name: 'log', text })).toEqual([]);
  });
});

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function zip(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), header, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

describe('packed files', () => {
  const secret = password();
  const text = Buffer.from(`a\0${secret.value} and more`);
  const png = (chunk: Buffer) =>
    Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk, pngChunk('IEND', Buffer.alloc(0))]);

  test.each([
    ['gzip', gzipSync(text), 'file!gunzip'],
    ['zip', zip('trace.json', text), 'file!trace.json'],
    ['gzip in zip', zip('trace.gz', gzipSync(text)), 'file!trace.gz!gunzip'],
    ['PNG text', png(pngChunk('tEXt', text)), 'file!tEXt'],
    ['packed PNG text', png(pngChunk('zTXt', Buffer.concat([Buffer.from('key\0\0'), deflateSync(text)]))), 'file!zTXt'],
  ])('%s', (_kind, bytes, sink) => {
    const hits = searchSecrets([secret], [{ name: 'file', bytes }]);
    expect(hits.map((hit) => hit.sink)).toContain(sink);
  });

  test('pixels are not searched', () => {
    expect(searchSecrets([secret], [{ name: 'file', bytes: png(pngChunk('IDAT', text)) }])).toEqual([]);
  });

  test('a folder is searched to its end, names of files too', () => {
    const place = mkdtempSync(path.join(folder, 'artifacts-'));
    mkdirSync(path.join(place, 'a/b'), { recursive: true });
    writeFileSync(path.join(place, 'a/b/log.txt'), text);
    writeFileSync(path.join(place, `${secret.value}.txt`), 'nothing');
    const sinks = searchSecrets([secret], [{ name: 'data', path: place }]).map((hit) => hit.sink);
    expect(sinks).toContain('data/a/b/log.txt');
    expect(sinks).toContain(`data/${secret.value}.txt (its name)`);
  });
});

describe('a SQLite file', () => {
  let number = 0;

  function database(): { file: string; db: DatabaseSync } {
    number += 1;
    const file = path.join(folder, `test-${number}.db`);
    const db = new DatabaseSync(file);
    db.exec('PRAGMA page_size = 4096; PRAGMA secure_delete = OFF; CREATE TABLE note (id INTEGER PRIMARY KEY, body)');
    return { file, db };
  }

  const hits = (secret: PlantedSecret, file: string) => searchSecrets([secret], [{ name: 'db', path: file }]);

  test('a value in a row, with its table and column', () => {
    const secret = password();
    const { file, db } = database();
    db.prepare('INSERT INTO note (body) VALUES (?)').run(JSON.stringify({ secret: secret.value }));
    db.close();
    expect(hits(secret, file).map((hit) => hit.sink)).toEqual(['db', 'db!note.body']);
  });

  test('a packed blob in a row', () => {
    const secret = password();
    const { file, db } = database();
    db.prepare('INSERT INTO note (body) VALUES (?)').run(gzipSync(secret.value));
    db.close();
    expect(hits(secret, file).map((hit) => hit.sink)).toEqual(['db!note.body!gunzip']);
  });

  test('a value that is only in the write-ahead log', () => {
    const secret = password();
    const { file, db } = database();
    db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    db.prepare('INSERT INTO note (body) VALUES (?)').run(secret.value);
    db.exec('DELETE FROM note');
    const place = searchSecrets([secret], [{ name: 'data', path: folder }]).map((hit) => hit.sink);
    expect(place).toContain(`data/${path.basename(file)}-wal`);
    db.close();
  });

  test('a deleted value in a free page', () => {
    const secret = password();
    const { file, db } = database();
    const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
    for (let row = 0; row < 200; row += 1) insert.run('x'.repeat(500));
    insert.run(secret.value);
    db.exec('DROP TABLE note');
    db.close();
    expect(hits(secret, file).map((hit) => hit.sink)).toEqual(['db']);
  });

  test.each([0, 1, 2])('a deleted value across an overflow border (%i)', (border) => {
    const { file, db } = database();
    const secret = password(randomBytes(30).toString('base64url'));
    const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
    // The first border depends on the size of the whole cell: every place near it is tried, so one value is split.
    const start = [480, 4_560, 8_650][border] ?? 0;
    for (let place = start; place < start + 200; place += 10) {
      insert.run(`${'x'.repeat(place)}${secret.value}${'y'.repeat(12_800 - place)}`);
    }
    db.exec('DROP TABLE note');
    db.close();
    expect(hits(secret, file).map((hit) => hit.encoding)).toContain('raw across pages');
    const other = { ...secret, value: `${secret.value.slice(0, -1)}!` };
    expect(hits(other, file)).toEqual([]);
  });

  test('a code in a row beside another text', () => {
    const secret = { name: 'code', value: String(randomInt(100_000, 999_999)), kind: 'code' } as const;
    const { file, db } = database();
    db.exec('CREATE TABLE codes (kind TEXT, code TEXT, type TEXT)');
    db.prepare('INSERT INTO codes VALUES (?, ?, ?)').run('authenticator', secret.value, 'password');
    expect(hits(secret, file).map((hit) => hit.sink)).toContain('db!codes.code');
    db.exec('DELETE FROM codes');
    db.close();
    expect(hits(secret, file).map((hit) => hit.sink)).toContain('db');
  });

  test('a database without a secret has no hit', () => {
    const { file, db } = database();
    db.prepare('INSERT INTO note (body) VALUES (?)').run(randomBytes(20_000));
    db.close();
    expect(hits(password(), file)).toEqual([]);
  });
});
