import { Secret, TOTP } from 'otpauth';
import { KeyturnError } from '../errors.ts';

/** What a seed says, parsed. Period in seconds. */
interface TotpSeed {
  /** Base32, upper case, no padding. */
  secret: string;
  algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  digits: number;
  period: number;
  /** Steam writes the same number as five letters and digits of its own. */
  encoder: 'decimal' | 'steam';
}

/** The step of a code (RFC 6238 T) and when it ends, in Unix milliseconds. */
export interface TimeStep {
  step: number;
  endsAt: number;
}

const DEFAULTS = { algorithm: 'SHA1', digits: 6, period: 30, encoder: 'decimal' } as const;
const STEAM = { algorithm: 'SHA1', digits: 5, period: 30, encoder: 'steam' } as const;
const STEAM_SIGNS = '23456789BCDFGHJKMNPQRTVWXY';
const DIGITS = { min: 4, max: 10 };
const PERIOD = { min: 5, max: 300 };
const MAX_SECRET = 1024;
/** Spaces of all kinds, dashes of all kinds and invisible characters, as people copy them out of a page. */
const SEPARATORS = /[\s\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015_-]+/gu;

function bad(detail: string): KeyturnError {
  return new KeyturnError('invalid_totp', { detail });
}

/** The message never repeats a part of the seed. */
function parseSecret(text: string): string {
  const letters = text.replace(SEPARATORS, '').replace(/=+$/, '');
  if (letters === '') throw bad('The TOTP seed is empty.');
  if (!/^[A-Za-z2-7]+$/.test(letters)) {
    throw bad('The TOTP seed holds a character that is not base32 (letters A to Z, digits 2 to 7).');
  }
  if (letters.length < 2) throw bad('The TOTP seed is too short: one base32 character is less than a byte.');
  if (letters.length > MAX_SECRET) throw bad(`The TOTP seed is longer than ${MAX_SECRET} characters.`);
  return letters.toUpperCase();
}

function parseAlgorithm(text: string | null): TotpSeed['algorithm'] {
  if (text === null || text === '') return DEFAULTS.algorithm;
  const found = /^(?:HMAC-?)?SHA-?(1|256|512)$/i.exec(text.trim());
  if (!found) throw bad('The algorithm of the otpauth:// address must be SHA1, SHA256 or SHA512.');
  return `SHA${found[1]}` as TotpSeed['algorithm'];
}

function parseBounded(name: 'digits' | 'period', text: string | null, bounds: { min: number; max: number }): number {
  if (text === null || text === '') return DEFAULTS[name];
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw bad(`The ${name} of the otpauth:// address must be a whole number from ${bounds.min} to ${bounds.max}.`);
  }
  return value;
}

/** The parameters behind the first question mark. A label may hold a `#`, and copied out of HTML `&` is `&amp;`. */
function parametersOf(address: string): Map<string, string> {
  const query = address.includes('?') ? address.slice(address.indexOf('?') + 1).replaceAll('&amp;', '&') : '';
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const key = name.trim().toLowerCase();
    if (parameters.has(key)) throw bad('The otpauth:// address names a parameter twice.');
    parameters.set(key, value);
  }
  return parameters;
}

/** An address says Steam by its kind or encoder, or by the issuer and five digits, which no other code of Steam has. */
function isSteam(kind: string, parameters: Map<string, string>): boolean {
  const is = (name: string, value: string) => parameters.get(name)?.trim().toLowerCase() === value;
  return kind === 'steam' || is('encoder', 'steam') || (is('issuer', 'steam') && is('digits', '5'));
}

/** https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function parseAddress(text: string): TotpSeed {
  const kind = /^otpauth:\/{0,3}([a-z]*)/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (kind === 'hotp') throw bad('Counter-based codes (otpauth://hotp) are not supported, only time-based ones.');
  if (kind !== 'totp' && kind !== 'steam') throw bad('The otpauth:// address must begin with otpauth://totp/.');
  const parameters = parametersOf(text);
  const given = parameters.get('secret');
  if (given === undefined) throw bad('The otpauth:// address has no secret.');
  const secret = parseSecret(given);
  const algorithm = parseAlgorithm(parameters.get('algorithm') ?? null);
  const steam = isSteam(kind, parameters);
  const digits = parseBounded('digits', parameters.get('digits') || (steam ? '5' : null), DIGITS);
  const period = parseBounded('period', parameters.get('period') ?? null, PERIOD);
  if (!steam) return { secret, algorithm, digits, period, encoder: 'decimal' };
  if (algorithm !== STEAM.algorithm || digits !== STEAM.digits || period !== STEAM.period) {
    throw bad('A Steam code has five signs, SHA1 and 30 seconds; the otpauth:// address says something else.');
  }
  return { secret, ...STEAM };
}

function parseSeed(text: string): TotpSeed {
  const trimmed = text.trim();
  if (/^otpauth:/i.test(trimmed)) return parseAddress(trimmed);
  const steam = /^steam:\/\/(.*)$/is.exec(trimmed);
  if (steam) return { secret: parseSecret(steam[1] ?? ''), ...STEAM };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) {
    throw bad('The TOTP seed must be base32 or an otpauth://totp/ address.');
  }
  return { secret: parseSecret(trimmed), ...DEFAULTS };
}

/**
 * The one spelling of a seed: upper-case base32 without padding, or an otpauth:// address when its algorithm, digits or
 * period are not the usual ones. Takes base32 with spaces, dashes, lower case and padding, otpauth://totp/ addresses, and
 * for Steam otpauth://steam/ and steam:// ones too. Throws `invalid_totp` with the reason.
 */
export function normalizeSeed(text: string): string {
  const { secret, algorithm, digits, period, encoder } = parseSeed(text);
  if (encoder === 'steam') return `otpauth://totp/?secret=${secret}&encoder=steam`;
  const usual = algorithm === DEFAULTS.algorithm && digits === DEFAULTS.digits && period === DEFAULTS.period;
  if (usual) return secret;
  return `otpauth://totp/?secret=${secret}&algorithm=${algorithm}&digits=${digits}&period=${period}`;
}

/** The time step a moment (Unix milliseconds) lies in. */
export function timeStepAt(seed: string, ms: number): TimeStep {
  const { period } = parseSeed(seed);
  const step = TOTP.counter({ period, timestamp: ms });
  return { step, endsAt: (step + 1) * period * 1000 };
}

/** How far a code looks when one is asked for that the site refused. */
const NEIGHBOURS = 10;

/** By how many steps a code is older (negative) or newer than a moment (Unix milliseconds); null when it is none of the seed's near ones. */
export function stepOfCode(seed: string, code: string, ms: number): number | null {
  const { period } = parseSeed(seed);
  for (let distance = 0; distance <= NEIGHBOURS; distance += 1) {
    for (const step of distance === 0 ? [0] : [-distance, distance]) {
      if (codeAt(seed, ms + step * period * 1000) === code) return step;
    }
  }
  return null;
}

/** Seconds one code of the seed lasts. */
export function periodOf(seed: string): number {
  return parseSeed(seed).period;
}

/** The code of a seed at a moment (Unix milliseconds), RFC 6238, or as Steam writes it. Throws `invalid_totp`. */
export function codeAt(seed: string, ms: number): string {
  const { secret, algorithm, digits, period, encoder } = parseSeed(seed);
  const generate = (length: number) =>
    TOTP.generate({ secret: Secret.fromBase32(secret), algorithm, digits: length, period, timestamp: ms });
  if (encoder === 'decimal') return generate(digits);
  // Ten digits hold the whole 31-bit number the code is made of.
  let rest = Number(generate(DIGITS.max));
  return Array.from({ length: digits }, () => {
    const sign = STEAM_SIGNS.charAt(rest % STEAM_SIGNS.length);
    rest = Math.floor(rest / STEAM_SIGNS.length);
    return sign;
  }).join('');
}
