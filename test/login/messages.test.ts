import { describe, expect, test } from 'vitest';
import { meaningOf } from '../../src/login/messages.ts';
import { EASTERN } from './messages/eastern.ts';
import { NO_REFUSALS } from './messages/no-refusals.ts';
import { WESTERN } from './messages/western.ts';

const MESSAGES = { ...WESTERN, ...EASTERN };
const LANGUAGES = ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl', 'ru', 'tr', 'ja', 'zh', 'ko', 'ar'];
const CODES = [
  'wrong_credentials',
  'account_locked',
  'rate_limited',
  'blocked_by_site',
  'password_expired',
  'captcha',
  'needs_approval',
  'wrong_code',
];

/** A meaning as the tables write it. */
function written(text: string): string {
  const found = meaningOf(text);
  if (!found) return 'no refusal';
  const { part, kind, retry_after: seconds } = found.details ?? {};
  return [found.code, part ?? kind, seconds].filter((piece) => piece !== undefined).join(':');
}

describe('the words of a site', () => {
  test('are known in every language for every outcome', () => {
    expect(Object.keys(MESSAGES)).toEqual(LANGUAGES);
    expect(Object.values(MESSAGES).flat().length).toBeGreaterThanOrEqual(200);
    for (const [language, rows] of Object.entries(MESSAGES)) {
      const codes = new Set(rows.map(([, meaning]) => meaning.split(':')[0]));
      expect([language, [...codes].sort()]).toEqual([language, CODES.toSorted()]);
    }
  });

  describe.each(LANGUAGES)('in %s', (language) => {
    test.each(MESSAGES[language] ?? [])('%s', (text, meaning) => {
      expect(written(text)).toBe(meaning);
    });

    test.each(NO_REFUSALS[language] ?? [])('no refusal: %s', (text) => {
      expect(written(text)).toBe('no refusal');
    });
  });
});
