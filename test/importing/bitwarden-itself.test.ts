import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBitwardenExport } from '../../src/importing/bitwarden-export.ts';
import { type BwServe, bitwardenCli, startBwServe } from '../support/bw-serve.ts';
import { describeWith } from '../support/skip.ts';

const TIMEOUT_MS = 120_000;
const PASSWORD = 'pass "of" the fïle';

describeWith(bitwardenCli, 'what Bitwarden itself exports', () => {
  let bw: BwServe;
  beforeAll(async () => {
    bw = await startBwServe();
    const { server } = bw;
    const sealed = (text: string) => server.seal(text);
    server.add({
      type: 1,
      name: sealed('Shop'),
      notes: sealed('a note'),
      login: {
        username: sealed('ada'),
        password: sealed(' kt ünïcödé 🔑'),
        totp: sealed('JBSWY3DPEHPK3PXP'),
        uris: [{ match: null, uri: sealed('https://shop.example/login') }],
      },
    });
    const members = { number: '4111111111111111', code: '012', expMonth: '3', expYear: '2031', brand: 'Visa' };
    const card = Object.entries({ ...members, cardholderName: 'Ada Berg' }).map(([name, text]) => [name, sealed(text)]);
    server.add({ type: 3, name: sealed('Card'), notes: null, card: Object.fromEntries(card) });
  }, TIMEOUT_MS);
  afterAll(() => bw?.stop());

  test('is read alike with and without encryption', { timeout: TIMEOUT_MS }, async () => {
    const plain = await readBitwardenExport(await bw.exported()).items('');
    // Bitwarden orders by name, and may not always.
    plain.sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(plain).toMatchObject([
      { kind: 'card', name: 'Card', card: { card_number: '4111111111111111', card_exp_month: '3' } },
      {
        kind: 'login',
        name: 'Shop',
        username: 'ada',
        password: ' kt ünïcödé 🔑',
        totp: 'JBSWY3DPEHPK3PXP',
        addresses: ['https://shop.example/login'],
        leftOut: ['notes'],
      },
    ]);
    const locked = readBitwardenExport(await bw.exported(PASSWORD));
    expect(locked.locked).toBe(true);
    const items = await locked.items(PASSWORD);
    expect(items).toHaveLength(2);
    expect(items).toEqual(expect.arrayContaining(plain));
    await expect(locked.items('another')).rejects.toThrow(/does not open/);
  });
});
