import { plainDigits } from './plain-digits.ts';

/** Marks that come along when a number is copied out of an address book: directions, zero width, soft hyphens. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Digits with what people put between them; a plus only in front. */
const PHONE = /^\+?[\d\s().\-/\u00a0\u2010-\u2015]+$/;
/** A country's own 0, shown beside the country code: +44 (0)20. It is not dialled from abroad. */
const TRUNK_ZERO = /^((?:\+|00)[\d\s\-\u00a0]*)\(0\)/;
/** E.164 allows 15 digits; shorter than 7 it is the number of something else. */
const MIN_DIGITS = 7;
const MAX_DIGITS = 15;

/**
 * The one spelling of an identifier, to compare what a code was sent to with what a run signs in as. An e-mail address
 * in lower case, with its dots and plus signs, which mean different mailboxes at some providers. A telephone number
 * with a country code (`+` or `00`) in E.164; one without stays its digits, since guessing the country could give a code
 * to somebody else's run. Any other name as it is, without blanks around it.
 */
export function normalizeIdentifier(identifier: string): string {
  const text = identifier.replace(INVISIBLE, '').normalize('NFC').trim();
  if (text.includes('@')) return text.toLowerCase();
  const number = plainDigits(text)
    .replace(/^tel:\s*/i, '')
    .replace('\uff0b', '+');
  if (!PHONE.test(number)) return text;
  const digits = number.replace(TRUNK_ZERO, '$1').replace(/\D/g, '');
  const isAbroad = number.startsWith('+') || number.startsWith('00');
  const dialled = isAbroad && !number.startsWith('+') ? digits.slice(2) : digits;
  if (dialled.length < MIN_DIGITS || dialled.length > MAX_DIGITS) return text;
  return isAbroad ? `+${dialled}` : dialled;
}
