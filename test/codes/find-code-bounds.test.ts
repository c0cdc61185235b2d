import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatesIn, findCode } from '../../src/codes/extract/find-code.ts';

const MEGABYTE = 1_000_000;
const LIMIT_MS = 50;
const ROUNDS = 7;

const filled = (piece: string, start = '') =>
  start + piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE - start.length);

const PIECES = [
  ...[
    '1',
    '12 ',
    '1 ',
    '123-456 ',
    '1-',
    '1.',
    '1,',
    '1:',
    'A',
    'AB12 ',
    'ABCD-1234 ',
    '-',
    '- ',
    '_',
    '*',
    '.',
    '. ',
    '!',
  ],
  ...[
    ' ',
    '\n',
    '\t',
    '\r',
    '\u0000',
    '\u0002',
    '\u00a0',
    '\u200b',
    '\u202e',
    '1\u200b',
    'é',
    'e\u0301',
    '１２',
    '٣',
    '\u{1f600}',
  ],
  ...[
    '<',
    '<<<a',
    '&',
    '&am',
    '&amp;',
    '&#8203;',
    '&#x',
    '</',
    '<!--',
    '-->',
    '<style>',
    '<style></style>',
    '<script>',
  ],
  ...[
    '=C2=A0',
    '=20\n',
    '=\n',
    '=3D"',
    '=',
    '%',
    '"',
    '(',
    '[123456]',
    '@',
    'a@',
    '@a.b #',
    'a.',
    'a-',
    'a.b/',
    'http://a/b ',
  ],
  ...[
    'code ',
    'code 123456 ',
    'code123',
    'Your verification code is 123456.\n',
    'order 123456 ',
    'sign in ',
    'код ',
    '認証コード',
  ],
  ...['验证码123456 ', 'https://x.example/login?token=abcdef1234567890 ', 'https://'],
];
const MARKUP = [
  ...[
    '<p>',
    '<div><b><i>',
    '<div>',
    '</div>',
    '<td>1</td>',
    '<a href="',
    '<a href="x">',
    '<p hidden>',
    '<br>',
    '&',
    '=C3=A9',
    'é',
  ],
  ...[
    '<p style="display:none">',
    '<p style="font-size:30px">123456</p>',
    '<tr><td>code</td><td>123456</td></tr>',
    '<b>1</b>',
  ],
  ...[
    '<a href="https://x.example/login?token=abcdef1234567890">Sign in</a>',
    '<a href="https://x.example/a1b2c3d4e5f6g7"></a>',
  ],
];

/** The shortest of a few rounds, in time of the processor: a machine that is busy with something else does not count. */
function shortestOf(content: string): number {
  const took = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    findCode(content);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...took);
}

const CASES: [name: string, content: string][] = [
  ...PIECES.map((piece): [string, string] => [JSON.stringify(piece), filled(piece)]),
  ...MARKUP.map((piece): [string, string] => [`<html>${JSON.stringify(piece)}`, filled(piece, '<html>')]),
  ['rules of a style sheet', `${filled('.a{display:none}', '<html><style>').slice(0, -40)}</style><p>code 123456</p>`],
  ['many styles', `<html>${Array.from({ length: 30_000 }, (_, i) => `<p style="font-size:${i}px">${i}</p>`).join('')}`],
  ['base64', Buffer.from(Array.from({ length: 750_000 }, (_, i) => (i * i) % 251)).toString('base64')],
];

describe('a megabyte takes less than 50 ms', () => {
  test.each(CASES)('%s', (_name, content) => {
    expect(shortestOf(content)).toBeLessThan(LIMIT_MS);
  });
});

const letters = fc.constantFrom(
  'code',
  'Your login code is',
  'order',
  'G',
  'AB',
  'R4T9K',
  '認証コード',
  'رمز',
  'verify',
  'é',
  'x',
);
const numbers = fc.stringMatching(/^[0-9]{1,9}$/);
const signs = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '\n',
  '-',
  ':',
  ' : ',
  '.',
  ', ',
  '/',
  '#',
  '*',
  '@',
  '€',
  '\t',
  '(',
  ')',
  '_',
  '…',
  '+',
);
const tags = fc.constantFrom(
  '<b>',
  '</b>',
  '<p>',
  '</p>',
  '<td>',
  '<br>',
  '<div style="display:none">',
  '</div>',
  '<',
  '&',
  '&nbsp;',
);
const texts = fc.array(fc.oneof(letters, numbers, signs, signs), { maxLength: 60 }).map((parts) => parts.join(''));
const mails = fc
  .array(fc.oneof(letters, numbers, signs, tags), { maxLength: 60 })
  .map((parts) => `<html>${parts.join('')}`);

/** A pattern for a code that is no part of a longer word: its signs, with blanks and dashes, or tags, between. */
function whole(code: string, between: string): RegExp {
  const signs = [...code].filter((sign) => sign !== '-').map((sign) => sign.replace(/[^\w]/, '\\$&'));
  return new RegExp(`(?<![A-Za-z0-9\\u00c0-\\u024f])${signs.join(`(?:${between})*`)}(?![A-Za-z0-9\\u00c0-\\u024f])`);
}

describe('whatever the text', () => {
  test('a code is a whole candidate of it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const content = text.trim();
        fc.pre(content.length > 10);
        const found = findCode(content, { type: 'totp' });
        if (!found) return;
        expect(content).toMatch(whole(found.code, '[-\\s·]'));
        expect(candidatesIn(content)).toContainEqual({ otp_type: 'totp', code: found.code });
      }),
      { numRuns: 3_000 },
    );
  });

  test('a code of a mail is one too', () => {
    fc.assert(
      fc.property(mails, (mail) => {
        fc.pre(mail.trim().length > 10);
        const found = findCode(mail, { type: 'totp' });
        if (!found) return;
        expect(mail).toMatch(whole(found.code, '[-\\s·]|&nbsp;|<[^>]*>'));
        expect(candidatesIn(mail)).toContainEqual({ otp_type: 'totp', code: found.code });
      }),
      { numRuns: 3_000 },
    );
  });

  test('a tag that is cut off at the end adds nothing to a code', () => {
    expect(findCode('<html>Your code: 00000<x', { type: 'totp' })?.code).toBe('00000');
    expect(findCode('<html>00000<x', { type: 'totp' })?.code).not.toBe('00000x');
  });

  test('nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom('', '<p>', '=\n', '&'),
        (text, start) => {
          findCode(start + text);
          candidatesIn(start + text);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
