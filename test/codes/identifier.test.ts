import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeIdentifier } from '../../src/codes/identifier.ts';

describe('e-mail addresses', () => {
  test.each([
    [' Ana.Souza@Example.COM ', 'ana.souza@example.com'],
    ['ana+login@example.com', 'ana+login@example.com'],
    ['ANA@EXAMPLE.COM\u200b', 'ana@example.com'],
  ])('%j is %s', (written, same) => expect(normalizeIdentifier(written)).toBe(same));

  test('dots and plus signs tell mailboxes apart', () => {
    expect(normalizeIdentifier('a.b@example.com')).not.toBe(normalizeIdentifier('ab@example.com'));
    expect(normalizeIdentifier('a+x@example.com')).not.toBe(normalizeIdentifier('a@example.com'));
  });
});

describe('telephone numbers', () => {
  test.each([
    ['+49 30 901820', '+4930901820'],
    ['0049 (30) 90-18-20', '+4930901820'],
    ['+49 (0)30 / 901820', '+4930901820'],
    ['+44 (0) 20 7946 0855', '+4402079460855'.replace('+440', '+44')],
    ['tel:+1-206-555-0199', '+12065550199'],
    ['+1 (206) 555.0199', '+12065550199'],
    ['\u202a+1 206 555 0199\u202c', '+12065550199'],
    ['＋４９ ３０ ９０１８２０', '+4930901820'],
    ['+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧', '+966501234567'],
    ['(206) 555-0199', '2065550199'],
    ['030 901820', '030901820'],
  ])('%j is %s', (written, same) => expect(normalizeIdentifier(written)).toBe(same));

  test('a number without a country is not taken for one with', () => {
    expect(normalizeIdentifier('206 555 0199')).not.toBe(normalizeIdentifier('+1 206 555 0199'));
  });
});

describe('other names', () => {
  test.each([
    ['  marten_81 ', 'marten_81'],
    ['Marten', 'Marten'],
    ['4471', '4471'],
    ['12345678901234567890', '12345678901234567890'],
    ['+', '+'],
    ['', ''],
  ])('%j stays %j', (written, same) => expect(normalizeIdentifier(written)).toBe(same));
});

test('normalising twice is normalising once', () => {
  const piece = fc.constantFrom(
    '+',
    '0',
    '00',
    '4',
    '9',
    ' ',
    '-',
    '(0)',
    '@',
    'A',
    'tel:',
    '\u200b',
    '.',
    '٣',
    'é',
    '١',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const once = normalizeIdentifier(pieces.join(''));
      expect(normalizeIdentifier(once)).toBe(once);
    }),
  );
});
