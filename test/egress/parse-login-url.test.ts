import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLoginUrl } from '../../src/egress/check-url.ts';
import { KeyturnError } from '../../src/errors.ts';

test.each([
  ['example.com', 'https://example.com/'],
  ['example.com/login?next=a:b', 'https://example.com/login?next=a:b'],
  ['  https://example.com/login  ', 'https://example.com/login'],
  ['HTTP://Example.COM', 'http://example.com/'],
  ['localhost:8080/login', 'https://localhost:8080/login'],
  ['localhost:8080', 'https://localhost:8080/'],
  ['example.com:443', 'https://example.com/'],
  ['example.com:8443?a=1', 'https://example.com:8443/?a=1'],
  ['http:8080', 'https://http:8080/'],
  ['//example.com/x', 'https://example.com/x'],
  ['[::1]:8080/login', 'https://[::1]:8080/login'],
  ['127.0.0.1:3000', 'https://127.0.0.1:3000/'],
  ['münchen.example/ä', 'https://xn--mnchen-3ya.example/%C3%A4'],
  ['example.com/#/login', 'https://example.com/#/login'],
])('%s is read as %s', (text, href) => {
  expect(parseLoginUrl(text).href).toBe(href);
});

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  [`https://example.com/${'a'.repeat(2048)}`, 'longer'],
  ['ftp://example.com', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['data:text/html,<form>', 'scheme'],
  ['mailto:a@example.com', 'scheme'],
  ['chrome://version', 'scheme'],
  ['view-source:https://example.com', 'scheme'],
  ['https://user@example.com', 'user name'],
  ['https://user:secret@example.com/', 'user name'],
  ['user@example.com', 'user name'],
  ['https://', 'host'],
  ['https:example.com', 'host'],
  ['https:///x', 'host'],
  ['/login', 'host'],
  ['///example.com', 'host'],
  ['?a=1', 'host'],
  ['https://?a', 'host'],
  ['example.com:99999', 'not valid'],
  ['https://exa mple.com', 'space'],
  ['https://example.com\\@evil.example', 'backslash'],
  ['java\nscript:alert(1)', 'control'],
  ['https://[::1', 'not valid'],
])('%j is refused', (text, words) => {
  let error: unknown;
  try {
    parseLoginUrl(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(KeyturnError);
  expect(error).toMatchObject({ code: 'invalid_url', message: expect.stringContaining(words) });
  // The text may hold a secret.
  expect((error as Error).message).not.toContain('secret');
});

test('whatever is written: a clean http(s) address, or invalid_url and nothing else', () => {
  const piece = fc.constantFrom(
    'http',
    'https',
    ':',
    '//',
    '/',
    '@',
    '.',
    'a',
    'example.com',
    '8080',
    '[',
    ']',
    '::1',
    '\\',
    '?',
    '#',
    '%',
    ' ',
    '\t',
    'ü',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.webUrl(),
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        const url = parseLoginUrl(input);
        expect(url.protocol).toMatch(/^https?:$/);
        expect(url.hostname).not.toBe('');
        expect(url.username + url.password).toBe('');
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_url' });
      }
    }),
    { numRuns: 2_000 },
  );
});
