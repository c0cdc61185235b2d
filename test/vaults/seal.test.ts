import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeyturnError } from '../../src/errors.ts';
import { lengthPrefixed, open, seal } from '../../src/vaults/seal.ts';

const key = randomBytes(32);
const context = { organization: 'o_1', record: 'cred_1', field: 'secret' };
const plain = Buffer.from('correct horse battery staple');

function opens(sealed: Uint8Array, over: Partial<typeof context> = {}, withKey: Buffer = key): boolean {
  try {
    return open(withKey, { ...context, ...over }, sealed).equals(plain);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyturnError);
    expect((error as KeyturnError).code).toBe('unseal_failed');
    return false;
  }
}

test('opens where it was sealed and nowhere else', () => {
  const sealed = seal(key, context, plain);
  expect(opens(sealed)).toBe(true);
  expect(opens(sealed, { organization: 'o_2' })).toBe(false);
  expect(opens(sealed, { record: 'cred_2' })).toBe(false);
  expect(opens(sealed, { field: 'session' })).toBe(false);
  expect(opens(sealed, {}, randomBytes(32))).toBe(false);
});

test('parts cannot be moved across their borders', () => {
  const sealed = seal(key, { organization: 'o_1', record: 'ab', field: 'c' }, plain);
  expect(opens(sealed, { organization: 'o_1', record: 'a', field: 'bc' })).toBe(false);
  expect(lengthPrefixed(['a', 'bc'])).not.toEqual(lengthPrefixed(['ab', 'c']));
});

test('every bit counts', () => {
  const sealed = seal(key, context, plain);
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(opens(changed), `byte ${index}`).toBe(false);
  }
});

test('a shortened tag or record is refused', () => {
  const sealed = seal(key, context, plain);
  for (const tagBytes of [0, 4, 8, 12, 15]) {
    // Version and nonce, a tag cut short, the ciphertext.
    const cut = Buffer.concat([sealed.subarray(0, 13 + tagBytes), sealed.subarray(29)]);
    expect(opens(cut), `tag of ${tagBytes} bytes`).toBe(false);
  }
  for (let length = 0; length < sealed.length; length += 1) {
    expect(opens(sealed.subarray(0, length)), `first ${length} bytes`).toBe(false);
  }
});

test('no two records of one secret are alike', () => {
  const records = Array.from({ length: 100 }, () => Buffer.from(seal(key, context, plain)).toString('hex'));
  expect(new Set(records).size).toBe(100);
  expect(new Set(records.map((record) => record.slice(2, 26))).size).toBe(100);
});

test('an empty secret and a large one', () => {
  for (const bytes of [Buffer.alloc(0), randomBytes(3_000_000)]) {
    expect(open(key, context, seal(key, context, bytes)).equals(bytes)).toBe(true);
  }
});
