import { describe, expect, test } from 'vitest';
import { readBitwardenExport } from '../../src/importing/bitwarden-export.ts';
import { type BitwardenItem, bitwardenFile, bitwardenLogin, lockedBitwardenFile } from './export-files.ts';

const PASSWORD = 'pass "of" the fïle';

const itemsOf = (items: readonly unknown[]) => readBitwardenExport(bitwardenFile(items)).items('');
const only = async (item: BitwardenItem) => (await itemsOf([item]))[0];
const refusal = async (text: string, password = '') => {
  const items = async () => readBitwardenExport(text).items(password);
  const error = await items().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'KeyturnError', code: 'invalid_request' });
  return (error as Error).message;
};

describe('an export without encryption', () => {
  test('a login with everything a credential holds', async () => {
    const login = {
      username: 'ada',
      password: ' ünïcödé 🔑 ',
      totp: 'JBSW Y3DP',
      uris: [
        { match: null, uri: 'https://shop.example/login' },
        { match: 3, uri: 'shop.example' },
        { match: 4, uri: 'https://.*\\.example' },
        { match: 5, uri: 'https://never.example' },
        { match: null, uri: null },
      ],
    };
    expect(await only(bitwardenLogin('Shop', login))).toEqual({
      kind: 'login',
      name: 'Shop',
      username: 'ada',
      password: ' ünïcödé 🔑 ',
      totp: 'JBSW Y3DP',
      addresses: ['https://shop.example/login', 'shop.example', null, null],
      leftOut: [],
    });
  });

  test('what has no place is named', async () => {
    const login = { password: 'p', fido2Credentials: [{ credentialId: 'x' }] };
    const more = { notes: 'a note', fields: [{ name: 'pin', value: '1234', type: 1 }] };
    expect(await only(bitwardenLogin('Shop', login, more))).toMatchObject({
      leftOut: ['notes', 'custom fields', 'passkey'],
    });
  });

  test('a card', async () => {
    const card = {
      cardholderName: 'Ada Berg',
      brand: 'Visa',
      number: '4111111111111111',
      expMonth: '3',
      expYear: '2031',
      code: '012',
    };
    expect(await only({ type: 3, name: 'Card', notes: null, card })).toEqual({
      kind: 'card',
      name: 'Card',
      addresses: [],
      leftOut: [],
      card: {
        card_holder_name: 'Ada Berg',
        card_brand: 'Visa',
        card_number: '4111111111111111',
        card_exp_month: '3',
        card_exp_year: '2031',
        card_cvv: '012',
      },
    });
  });

  test.each([
    ['a note', { type: 2, name: 'n', notes: 'kt-note', secureNote: { type: 0 } }, /neither a login nor a card/],
    ['an identity', { type: 4, name: 'n', identity: {} }, /neither a login nor a card/],
    ['a kind that is not there', { name: 'n' }, /neither a login nor a card/],
    ['no password', bitwardenLogin('n', { username: 'ada' }), /no password/],
    ['nothing at all', bitwardenLogin('n', {}, { login: null }), /no password/],
    ['in the bin', bitwardenLogin('n', { password: 'p' }, { deletedDate: '2026-01-01' }), /bin/],
  ])('%s is not taken, with the reason', async (_what, item, reason) => {
    expect(await only(item)).toMatchObject({ kind: 'none', name: 'n', reason: expect.stringMatching(reason) });
  });

  test('of an organization, with its collections', async () => {
    const item = bitwardenLogin('Team', { password: 'p' }, { organizationId: 'o', collectionIds: ['c'] });
    const file = JSON.stringify({ encrypted: false, collections: [{ id: 'c', name: 'All' }], items: [item] });
    expect(await readBitwardenExport(file).items('')).toMatchObject([{ kind: 'login', name: 'Team' }]);
  });

  test.each([
    ['cut off', '{"items": [{"name": "kt-canary', /not valid JSON/],
    ['a list', '[1]', /no JSON object/],
    ['something else', '{"passwords": []}', /no items/],
    ['items of another kind', '{"items": {"a": 1}}', /no items/],
    ['nested a million times', `{"items": ${'['.repeat(1_000_000)}`, /nested too deeply/],
    ['5,001 items', `{"items": [${'{},'.repeat(5000)}{}]}`, /5,000/],
  ])('%s is refused without a word of it', async (_what, text, sentence) => {
    const message = await refusal(text);
    expect(message).toMatch(sentence);
    expect(message).not.toContain('canary');
  });

  test('brackets in texts are no nesting', async () => {
    const name = `${'[{'.repeat(100)}\\"[`;
    expect(await only(bitwardenLogin(name, { password: 'p' }))).toMatchObject({ name });
  });
});

describe('an export with encryption', () => {
  const text = bitwardenFile([bitwardenLogin('Shop', { username: 'ada', password: 'kt-inside' })]);

  test.each([
    { kdfType: 0, kdfIterations: 5000 },
    { kdfType: 1, kdfIterations: 2, kdfMemory: 16, kdfParallelism: 2 },
  ] as const)('is opened by its password: %j', async (stretching) => {
    const file = readBitwardenExport(await lockedBitwardenFile(text, PASSWORD, stretching));
    expect(file.locked).toBe(true);
    expect(await file.items(PASSWORD)).toMatchObject([{ name: 'Shop', username: 'ada', password: 'kt-inside' }]);
    await expect(file.items(`${PASSWORD} `)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'The password does not open the Bitwarden export.',
    });
  });

  test('changed, it is refused', async () => {
    const file = JSON.parse(await lockedBitwardenFile(text, PASSWORD, { kdfType: 0, kdfIterations: 5000 }));
    const [iv, bytes = '', mac] = file.data.split('|');
    const changed = `${bytes.startsWith('A') ? 'B' : 'A'}${bytes.slice(1)}`;
    const sentence = /damaged/;
    expect(await refusal(JSON.stringify({ ...file, data: [iv, changed, mac].join('|') }), PASSWORD)).toMatch(sentence);
    expect(await refusal(JSON.stringify({ ...file, data: 7 }), PASSWORD)).toMatch(sentence);
    expect(await refusal(JSON.stringify({ ...file, data: file.encKeyValidation_DO_NOT_EDIT }), PASSWORD)).toMatch(
      /JSON/,
    );
  });

  test.each([
    { kdfType: 0, kdfIterations: 2_000_001 },
    { kdfType: 0, kdfIterations: 0 },
    { kdfType: 0, kdfIterations: '5000' },
    { kdfType: 1, kdfIterations: 11, kdfMemory: 16, kdfParallelism: 1 },
    { kdfType: 1, kdfIterations: 2, kdfMemory: 4096, kdfParallelism: 1 },
    { kdfType: 1, kdfIterations: 2, kdfMemory: 16, kdfParallelism: 1000 },
    { kdfType: 1, kdfIterations: 2 },
    { kdfType: 7, kdfIterations: 2 },
  ])('is refused before anything is derived: %j', async (stretching) => {
    const file = { encrypted: true, passwordProtected: true, salt: 'c2FsdA==', data: '', ...stretching };
    expect(await refusal(JSON.stringify(file), PASSWORD)).toMatch(/asks for|not known/);
  });

  test('for the account alone it is refused with what to do', async () => {
    const file = { encrypted: true, encKeyValidation_DO_NOT_EDIT: '2.a|b|c', folders: [], items: [] };
    expect(await refusal(JSON.stringify(file))).toMatch(/its own account.*protected by a password/);
  });
});
