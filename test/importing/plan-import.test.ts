import { describe, expect, test } from 'vitest';
import type { CredentialView } from '../../src/credentials/credential.ts';
import type { ImportedItem } from '../../src/importing/imported-item.ts';
import { planImport } from '../../src/importing/plan-import.ts';

type Login = Extract<ImportedItem, { kind: 'login' }>;

function login(over: Partial<Login> = {}): Login {
  return {
    kind: 'login',
    name: 'Shop',
    username: 'ada',
    password: 'kt-password',
    totp: null,
    addresses: ['https://shop.example/login'],
    leftOut: [],
    ...over,
  };
}

const CARD: ImportedItem = {
  kind: 'card',
  name: 'Card',
  addresses: [],
  leftOut: [],
  card: {
    card_number: '4111 1111 1111 1111',
    card_cvv: '012',
    card_exp_month: '3',
    card_exp_year: '2031',
    card_brand: 'visa',
    card_holder_name: 'Ada Berg',
  },
};

const SECRET: ImportedItem = { kind: 'secret', name: 'Safe', value: 'kt-value', addresses: [], leftOut: [] };

const plan = (items: readonly ImportedItem[], existing: CredentialView[] = []) => planImport(items, existing, 'skip');
const skippedOf = (item: ImportedItem) => plan([item])[0]?.skipped;

/** A credential as the API shows it. */
function view(over: Partial<CredentialView>): CredentialView {
  return {
    credential_id: 'cred_1',
    credential_type: 'password',
    name: 'Shop',
    credential: { username: 'ada', totp_type: 'none', totp_identifier: null },
    browser_profile_id: null,
    tested_url: null,
    totp_url: null,
    recovery_codes_left: null,
    mailbox: null,
    passkey_rp_id: null,
    vault_type: 'local',
    item_id: null,
    allowed_origins: ['https://shop.example'],
    temporary: false,
    expires_at: null,
    created_at: '2026-01-01T00:00:00Z',
    modified_at: '2026-01-01T00:00:00Z',
    ...over,
  };
}

describe('what becomes of an item', () => {
  test('a login', () => {
    const addresses = ['https://shop.example/login?x#y', 'SHOP.example', 'http://b.example:8080', 'androidapp://app.x'];
    expect(plan([login({ addresses, totp: 'jbsw y3dp', leftOut: ['notes'] })])).toEqual([
      {
        name: 'Shop',
        type: 'password',
        username: 'ada',
        origins: ['https://shop.example', 'http://b.example:8080'],
        secondFactor: true,
        leftOut: ['notes'],
        skipped: null,
        credential: {
          username: 'ada',
          password: 'kt-password',
          totp: 'jbsw y3dp',
          allowed_origins: ['https://shop.example', 'http://b.example:8080'],
        },
      },
    ]);
    const bare = plan([login({ username: '', addresses: [] })])[0];
    expect(bare).toMatchObject({ username: null, origins: [], skipped: null, credential: { password: 'kt-password' } });
    expect(Object.keys(bare?.credential ?? {})).toEqual(['password']);
  });

  test('a card and a value by itself', () => {
    const [card, secret] = plan([CARD, SECRET]);
    expect(card).toMatchObject({ type: 'credit_card', skipped: null, credential: { card_cvv: '012' } });
    expect(secret).toMatchObject({ type: 'secret', skipped: null, credential: { secret_value: 'kt-value' } });
  });

  test('a name is one line of at most 200 characters, and there is always one', () => {
    const nameOf = (over: Partial<Login>) => plan([login(over)])[0]?.name;
    expect(nameOf({ name: ' a\n\u001b[2Jb\u0000 ' })).toBe('a [2Jb');
    expect(nameOf({ name: `${'x'.repeat(199)}🔑` })).toBe('x'.repeat(199));
    expect(nameOf({ name: 'a\ud800b' })).toBe('a\ufffdb');
    expect(nameOf({ name: ' \t' })).toBe('shop.example');
    expect(nameOf({ name: '', addresses: [] })).toBe('ada');
    expect(nameOf({ name: '', addresses: [], username: '' })).toBe('without a name');
  });

  const long = 'kt-canary'.repeat(500);
  const many = Array.from({ length: 51 }, (_, at) => `https://a${at}.example`);
  const bad: [string, ImportedItem, RegExp][] = [
    ['a seed with a foreign character', login({ totp: 'kt-canary-189' }), /^the TOTP seed holds a character/],
    ['a counter', login({ totp: 'otpauth://hotp/x?secret=kt-canary' }), /Counter-based/],
    ['a long password', login({ password: long }), /^its password must not have more than 4096/],
    ['a password of two lines', login({ password: 'kt-canary\nx' }), /^its password has signs in it/],
    ['a long username', login({ username: long }), /^its username must not have more than 1024/],
    ['a username of two lines', login({ username: 'kt-canary\nx' }), /^its username has signs in it/],
    ['many addresses', login({ addresses: many }), /more than 50 addresses/],
    ['an app only', login({ addresses: ['android://kt-canary@app'] }), /none of its addresses is a web address/],
    ['never to be filled in', login({ addresses: [null] }), /none of its addresses is a web address/],
    ['a card without a code', { ...CARD, card: { ...CARD.card, card_cvv: '', card_brand: '' } }, /no cvv, brand$/],
    ['an odd card', { ...CARD, card: { ...CARD.card, card_number: 'kt-canary' } }, /^its card number has signs/],
    ['a large secret', { ...SECRET, value: long.repeat(20) }, /^its secret value must not have more than 65536/],
    ['nothing', { ...SECRET, kind: 'none', username: '', reason: 'for a reason' }, /^for a reason$/],
  ];
  test.each(bad)('%s is skipped, with the reason and without its value', (_what, item, reason) => {
    const planned = plan([item])[0];
    expect(planned?.skipped).toMatch(reason);
    expect(planned?.skipped).not.toContain('canary');
    expect(planned?.credential).toEqual({});
  });
});

describe('what is there already', () => {
  test('within the file: the same username at one of the same origins', () => {
    const items = [
      login(),
      login({ name: 'Other name', password: 'kt-other', addresses: ['https://b.example', 'https://shop.example'] }),
      login({ username: 'Ada' }),
      login({ addresses: ['https://shop.example:8443'] }),
      login({ addresses: ['https://b.example'] }),
    ];
    const same = 'it is the same as an earlier item of the file';
    // What is skipped stands for nothing: the last is at an origin that only the second has.
    expect(plan(items).map(({ skipped }) => skipped)).toEqual([null, same, null, null, null]);
    expect(planImport(items, [], 'keep').map(({ skipped }) => skipped)).toEqual([null, null, null, null, null]);
    const passwordOnly = login({ username: '' });
    expect(plan([passwordOnly, passwordOnly])[1]?.skipped).toBe(same);
  });

  test('without an origin: the same username under the same name', () => {
    const bare = login({ addresses: [] });
    const skipped = (items: ImportedItem[], existing: CredentialView[] = []) => plan(items, existing).at(-1)?.skipped;
    expect(skipped([bare, bare])).not.toBeNull();
    expect(skipped([bare, login()])).not.toBeNull();
    expect(skipped([login(), bare])).not.toBeNull();
    expect(skipped([bare, login({ name: 'Other' })])).toBeNull();
    expect(skipped([bare, { ...bare, username: 'grace' }])).toBeNull();
    // Its origin was pinned by a login since.
    expect(skipped([bare], [view({})])).toBe('it is the same as the credential cred_1');
    expect(skipped([login()], [view({ allowed_origins: [] })])).toBe('it is the same as the credential cred_1');
    expect(skipped([login()], [view({ allowed_origins: ['https://b.example'] })])).toBeNull();
  });

  test('cards by name and last digits, secrets by name, never across types', () => {
    const card = view({
      credential_type: 'credit_card',
      name: 'Card',
      credential: { last_four: '1111', brand: 'visa' },
    });
    const secret = view({ credential_type: 'secret', name: 'Safe', credential: { secret_label: null } });
    expect(plan([CARD, SECRET], [card, secret]).filter(({ skipped }) => skipped === null)).toEqual([]);
    const other = { ...card, credential: { last_four: '1112', brand: 'visa' } };
    expect(plan([CARD, SECRET], [other, { ...secret, name: 'Card' }]).map(({ skipped }) => skipped)).toEqual([
      null,
      null,
    ]);
  });

  test('5,000 items against 5,000 credentials take no minutes', () => {
    const sites = Array.from({ length: 5000 }, (_, at) => `https://a${at}.example`);
    const existing = sites.map((origin) => view({ allowed_origins: [origin] }));
    const planned = plan(
      sites.map((site) => login({ addresses: [site] })),
      existing,
    );
    expect(planned.every(({ skipped }) => skipped?.startsWith('it is the same'))).toBe(true);
  });

  test('an item that is refused hides no later one', () => {
    expect(skippedOf(login({ totp: '1' }))).not.toBeNull();
    expect(plan([login({ totp: '1' }), login()])[1]?.skipped).toBeNull();
  });
});
