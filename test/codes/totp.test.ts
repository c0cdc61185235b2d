import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeAt, normalizeSeed, periodOf, timeStepAt } from '../../src/codes/totp.ts';
import { KeyturnError } from '../../src/errors.ts';

// RFC 6238 appendix B: the ASCII seeds of 20, 32 and 64 bytes, eight digits.
const SEEDS = {
  SHA1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  SHA256: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
  SHA512: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA',
};
const VECTORS: [seconds: number, sha1: string, sha256: string, sha512: string][] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
];

/** The refusal of a seed, as its code and sentence. */
function refusal(seed: string): { code: string; message: string } {
  try {
    normalizeSeed(seed);
  } catch (error) {
    if (error instanceof KeyturnError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('The seed was accepted');
}

describe('codes of RFC 6238', () => {
  test.each(VECTORS)('at %d s', (seconds, sha1, sha256, sha512) => {
    const at = (algorithm: keyof typeof SEEDS) =>
      codeAt(`otpauth://totp/x?secret=${SEEDS[algorithm]}&algorithm=${algorithm}&digits=8`, seconds * 1000);
    expect([at('SHA1'), at('SHA256'), at('SHA512')]).toEqual([sha1, sha256, sha512]);
  });

  test('a plain seed gives six digits every 30 seconds', () => {
    expect(codeAt(SEEDS.SHA1, 59_000)).toBe('287082');
    expect(codeAt(SEEDS.SHA1, 59_999)).toBe('287082');
    expect(codeAt(SEEDS.SHA1, 60_000)).not.toBe('287082');
  });

  test('keeps leading zeros', () => {
    expect(codeAt(SEEDS.SHA1, 1111111109_000)).toBe('081804');
  });
});

describe('one spelling of a seed', () => {
  test.each([
    ['spaces and lower case', 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq'],
    ['hyphens', 'GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ'],
    ['padding', `${SEEDS.SHA1}====`],
    ['no-break spaces and a line break', ` GEZDGNBV\u00a0GY3TQOJQ\u200bGEZDGNBVGY3TQOJQ\n`],
    ['a plain otpauth address', `otpauth://totp/Example:alice@example.com?secret=${SEEDS.SHA1}&issuer=Example`],
    [
      'an address that names the defaults',
      `OTPAUTH://TOTP/a?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&algorithm=sha-1&digits=6&period=30`,
    ],
    ['no slash behind the kind', `otpauth://totp?secret=${SEEDS.SHA1}`],
    ['a number sign in the label', `otpauth://totp/Shop #1?secret=${SEEDS.SHA1}`],
    ['an address copied out of HTML', `otpauth://totp/a?issuer=A&amp;secret=${SEEDS.SHA1}&amp;digits=6`],
    ['padding in an address', `otpauth://totp/a?secret=${SEEDS.SHA1}%3D%3D==&issuer=A`],
    ['hyphens and lower case in an address', 'otpauth://totp/a?secret=gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq'],
    ['names in upper case', `otpauth://totp/a?SECRET=${SEEDS.SHA1}&DIGITS=6&PERIOD=30&ALGORITHM=HmacSHA1`],
    ['empty parameters', `otpauth://totp/a?secret=${SEEDS.SHA1}&digits=&period=&algorithm=`],
    ['a label with a colon and a stray percent sign', `otpauth://totp/100%:a@b.example?secret=${SEEDS.SHA1}`],
    ['another encoder', `otpauth://totp/a?secret=${SEEDS.SHA1}&encoder=decimal`],
    ['a label with spaces', `otpauth://totp/My Site: a b?secret=GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ`],
  ])('%s', (_what, seed) => {
    expect(normalizeSeed(seed)).toBe(SEEDS.SHA1);
  });

  test('unusual parameters are kept and the label is dropped', () => {
    const seed = normalizeSeed('otpauth://totp/Bank:alice?secret=jbswy3dp&algorithm=SHA512&digits=8&period=60');
    expect(seed).toBe('otpauth://totp/?secret=JBSWY3DP&algorithm=SHA512&digits=8&period=60');
    expect(periodOf(seed)).toBe(60);
    expect(timeStepAt(seed, 61_000)).toEqual({ step: 1, endsAt: 120_000 });
  });

  test('a normalised seed stays as it is and gives the same codes', () => {
    const seed = fc.record({
      secret: fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), minLength: 2, maxLength: 80 }),
      algorithm: fc.constantFrom('SHA1', 'SHA256', 'SHA512'),
      digits: fc.integer({ min: 4, max: 10 }),
      period: fc.integer({ min: 5, max: 300 }),
    });
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 4_000_000_000_000 }), ({ secret, algorithm, digits, period }, at) => {
        const address = `otpauth://totp/l?secret=${secret}&algorithm=${algorithm}&digits=${digits}&period=${period}`;
        const once = normalizeSeed(address);
        expect(normalizeSeed(once)).toBe(once);
        expect(codeAt(once, at)).toBe(codeAt(address, at));
        expect(codeAt(once, at)).toHaveLength(digits);
      }),
    );
  });
});

describe('Steam', () => {
  const SECRET = '63BEDWCQZKTQWPESARIERL5DTTQFCJTK';
  const NORMAL = `otpauth://totp/?secret=${SECRET}&encoder=steam`;

  test.each([
    `otpauth://totp/Steam:a?secret=${SECRET}&encoder=steam&issuer=Steam`,
    `otpauth://totp/Steam:a?secret=${SECRET}&issuer=STEAM&digits=5`,
    `otpauth://totp/a?secret=${SECRET}&encoder=Steam&digits=5&period=30&algorithm=SHA1`,
    `otpauth://steam/a?secret=${SECRET.toLowerCase()}`,
    `steam://${SECRET}`,
    `STEAM://63BE DWCQ ZKTQ WPES ARIE RL5D TTQF CJTK`,
    NORMAL,
  ])('%s', (seed) => {
    expect(normalizeSeed(seed)).toBe(NORMAL);
    expect(periodOf(seed)).toBe(30);
  });

  test('codes seen in other authenticators', () => {
    expect(codeAt(NORMAL, 1511200518_000)).toBe('FR8RV');
    expect(codeAt(NORMAL, 1511200714_000)).toBe('9P3VP');
  });

  test('always five signs out of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (at) => {
        expect(codeAt(NORMAL, at)).toMatch(/^[2-9BCDFGHJKMNPQRTVWXY]{5}$/);
      }),
    );
  });

  test('five digits of another issuer are digits', () => {
    expect(codeAt(`otpauth://totp/a?secret=${SECRET}&issuer=Bank&digits=5`, 0)).toMatch(/^[0-9]{5}$/);
  });
});

describe('refused seeds', () => {
  test.each([
    ['', /empty/],
    [' - ', /empty/],
    ['====', /empty/],
    ['A', /too short/],
    ['JBSWY3DP1', /not base32/],
    ['JBSW=Y3DP', /not base32/],
    ['hello world!', /not base32/],
    ['ÄBSWY3DP', /not base32/],
    ['ßJBSWY3DP', /not base32/],
    ['A'.repeat(1025), /longer/],
    ['https://example.com/?secret=JBSWY3DP', /base32 or an otpauth/],
    ['otpauth-migration://offline?data=abc', /base32 or an otpauth/],
    ['otpauth://hotp/a?secret=JBSWY3DP&counter=1', /[Cc]ounter-based/],
    ['otpauth://steam/a?secret=JBSWY3DP&digits=6', /Steam/],
    ['otpauth://steam/a?secret=JBSWY3DP&algorithm=SHA256', /Steam/],
    ['otpauth://totp/a?secret=JBSWY3DP&encoder=steam&period=60', /Steam/],
    ['otpauth://yaotp/a?secret=JBSWY3DP', /totp/],
    ['steam://', /empty/],
    ['steam://JBSWY3DP1', /not base32/],
    ['c2hhcmVkIHNlY3JldCBvZiAyMCBieQ+/', /not base32/],
    ['otpauth://totp/a', /no secret/],
    ['otpauth://totp/a?secret=', /empty/],
    ['otpauth://totp/a?secret=JBSWY3DP&secret=JBSWY3DQ', /twice/],
    ['otpauth://totp/a?secret=JBSWY3DP&algorithm=MD5', /algorithm/],
    ['otpauth://totp/a?secret=JBSWY3DP&digits=99999', /digits/],
    ['otpauth://totp/a?secret=JBSWY3DP&digits=3', /digits/],
    ['otpauth://totp/a?secret=JBSWY3DP&digits=11', /digits/],
    ['otpauth://totp/a?secret=JBSWY3DP&digits=6.5', /digits/],
    ['otpauth://totp/a?secret=JBSWY3DP&digits=-6', /digits/],
    ['otpauth://totp/a?secret=JBSWY3DP&period=0', /period/],
    ['otpauth://totp/a?secret=JBSWY3DP&period=4', /period/],
    ['otpauth://totp/a?secret=JBSWY3DP&period=301', /period/],
    ['otpauth://totp/a?secret=JBSWY3DP&period=x', /period/],
  ])('%s', (seed, reason) => {
    const { code, message } = refusal(seed);
    expect(code).toBe('invalid_totp');
    expect(message).toMatch(reason);
    expect(message).not.toMatch(/JBSW|hello/i);
  });
});
