import { TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import type { PasswordSecret } from '../../src/credentials/credential.ts';
import type { SessionState } from '../../src/login/outcome.ts';
import { type RunKnowledge, sensitiveValuesFor } from '../../src/runs/sensitive-values.ts';
import { Scrubber } from '../../src/scrub.ts';
import { secretTexts } from '../../src/vaults/secret-texts.ts';

const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const AT = Date.UTC(2026, 0, 1, 12, 0, 10);
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

const secret: PasswordSecret = {
  credential_type: 'password',
  username: 'ada',
  password: 'p"ä 1',
  totp: SEED,
  recovery_codes: ['abcd-efgh', '1234 5678'],
  extra_fields: { Tenant: 'Lindgrove 7' },
  mailbox: {
    host: 'mail.test',
    port: 993,
    secure: true,
    user: 'ada',
    password: 'of the mailbox',
    access_token: null,
    folder: 'INBOX',
    senders: [],
    ca: null,
  },
  passkey: { id: 'id', rp_id: 'a.test', user_handle: 'u', private_key: 'a-_b', public_key: 'public', sign_count: 0 },
};

const session: SessionState = {
  storage_state: {
    cookies: [
      { name: 'sid', value: 'cookie-of-the-session' },
      { name: 'theme', value: 'dark' },
    ],
    origins: [
      {
        origin: 'https://a.test',
        localStorage: [
          { name: 'auth', value: JSON.stringify({ user: { access: TOKEN }, title: 'a sentence of words' }) },
          { name: 'language', value: 'en-GB' },
        ],
        indexedDB: [{ name: 'db', stores: [{ records: [{ value: { refresh: 'rt_0123456789abcdef' } }] }] }],
      },
    ],
  },
  session_storage: { 'https://a.test': { csrf: 'csrf-0123456789abcdef' } },
  passkeys: [],
  context_options: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' },
  landing_url: 'https://a.test/home',
};

const nothing: RunKnowledge = { secret: null, links: [], codes: [], sessions: [], times: [] };

describe('the secrets of a run', () => {
  const values = sensitiveValuesFor({
    secret,
    links: ['https://a.test/magic/0123456789abcdefghij'],
    codes: ['424242'],
    sessions: [session],
    times: [AT],
  });

  test('are all of the credential', () => {
    expect(values).toEqual(
      expect.arrayContaining([
        'p"ä 1',
        SEED,
        'abcd-efgh',
        'abcdefgh',
        '12345678',
        'Lindgrove 7',
        'of the mailbox',
        'a-_b',
        'a+/b',
        '424242',
      ]),
    );
    expect(values).toContain(Buffer.from('ada:p"ä 1').toString('base64'));
    expect(values).not.toContain('ada');
    expect(values).not.toContain('public');
  });

  test('the code of now, the one before and the next', () => {
    const codes = [-30_000, 0, 30_000].map((ms) => new TOTP({ secret: SEED }).generate({ timestamp: AT + ms }));
    expect(values).toEqual(expect.arrayContaining(codes));
  });

  test('what opens the session, wherever the site keeps it, and none of its words', () => {
    const tokens = ['cookie-of-the-session', TOKEN, 'rt_0123456789abcdef', 'csrf-0123456789abcdef'];
    expect(sensitiveValuesFor({ ...nothing, sessions: [session] }).sort()).toEqual(tokens.sort());
  });

  test('the link and the part that opens it', () => {
    expect(values).toContain('0123456789abcdefghij');
  });

  test('nothing is known of nothing', () => {
    expect(sensitiveValuesFor(nothing)).toEqual([]);
  });

  test('a list of them, and a text of 100 kB, cost little', () => {
    const scrubber = new Scrubber();
    const text = 'An ordinary sentence about nothing. '.repeat(2_800);
    const start = performance.now();
    scrubber.add('wr', values);
    expect(scrubber.scrub(text)).toBe(text);
    // About 10 ms together on a machine with nothing else to do; a search for each form would take seconds.
    expect(performance.now() - start).toBeLessThan(400);
  });
});

test('what refreshes a mailbox is hidden, by a run and from the words of a vault', () => {
  const oauth = {
    token_url: 'https://t.test',
    client_id: 'c',
    client_secret: 'of the client',
    refresh_token: 'rt-1',
    scope: null,
  };
  const { mailbox } = secret;
  if (!mailbox) throw new Error('The secret has a mailbox');
  const refreshed: PasswordSecret = { ...secret, mailbox: { ...mailbox, password: null, oauth } };
  for (const values of [
    secretTexts(refreshed),
    sensitiveValuesFor({ secret: refreshed, links: [], codes: [], sessions: [], times: [] }),
  ]) {
    expect(values).toEqual(expect.arrayContaining(['of the client', 'rt-1']));
    expect(values).not.toContain('https://t.test');
  }
});
