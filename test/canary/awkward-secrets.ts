import { randomBytes, randomInt } from 'node:crypto';
import { Secret } from 'otpauth';
import type { PlantedSecret } from '../support/secret-search.ts';

/** A secret of a shape that programs trip over. */
export interface Canary {
  name: string;
  value: string;
  use: 'password' | 'seed' | 'extra' | 'recovery';
  /** An ordinary word: it counts only where a site shows it as a value. */
  word?: boolean;
}

const tag = () => randomBytes(6).toString('base64url').replace(/[-_]/g, 'x');
const digits = (length: number) => Array.from({ length }, () => randomInt(10)).join('');

const PASSWORDS: Record<string, () => string> = {
  'double quotes': () => `${tag()}"in"quotes"`,
  'single quotes': () => `${tag()}'it's'`,
  'typographic quotes': () => `„${tag()}“ ‘x’`,
  'a backslash': () => `${tag()}\\path\\n`,
  'backslashes at the end': () => `${tag()}x\\\\`,
  'escapes that are none': () => `${tag()}\\u0041\\x41\\"`,
  umlauts: () => `Grün${tag()}Straße`,
  'another script': () => `пароль${tag()}密码`,
  'right to left': () => `סיסמה${tag()}كلمة`,
  'a combining accent': () => `cafe\u0301${tag()}n\u0303`,
  'a composed accent': () => `caf\u00e9${tag()}\u00f1`,
  emoji: () => `🔑${tag()}🦊`,
  'an emoji of several parts': () => `👩‍💻${tag()}🏳️‍🌈`,
  'a character beyond the basic plane': () => `𝔎${tag()}𐍈`,
  'an invisible character': () => `${tag()}\u200bx\u00ad`,
  'a no-break space': () => `${tag()}\u00a0y`,
  'percent signs': () => `100%${tag()}%%`,
  'percent escapes': () => `%41%20${tag()}%2F`,
  'a broken percent escape': () => `${tag()}%zz%`,
  'plus and equals': () => `${tag()}+a=b&c=d`,
  'a query': () => `?q=${tag()}&next=/home#top`,
  'characters of patterns': () => `^(${tag()}|.*)+$[a-z]{2}`,
  'a replacement': () => `$&$1$$${tag()}$\``,
  'a template': () => `\${${tag()}} {{x}} #{y}`,
  '200 characters': () => `${tag()}${'Abcdefgh1!'.repeat(19)}`.slice(0, 200),
  '190 characters with spaces': () => `${tag()} ${'words and words '.repeat(12)}`.slice(0, 190).trimEnd(),
  'leading spaces': () => `  ${tag()}lead`,
  'trailing spaces': () => `trail${tag()}  `,
  'spaces inside': () => `two  ${tag()}   spaces`,
  'a tab': () => `tab\t${tag()}`,
  markup: () => `<b>${tag()}</b>`,
  'a script': () => `</script><script>${tag()}`,
  'an entity': () => `&amp;${tag()}&lt;`,
  'a comment': () => `--><!--${tag()}`,
  JSON: () => `{"p":"${tag()}"}`,
  'JSON in JSON': () => `"{\\"p\\":\\"${tag()}\\"}"`,
  base64: () => Buffer.from(`secret ${tag()}?`).toString('base64'),
  'base64 of an URL': () => `${tag()}-_${tag()}==`,
  'digits only': () => digits(14),
  'eight digits': () => `7${digits(7)}`,
  'eight hex digits': () => randomBytes(4).toString('hex'),
  'a UUID': () => crypto.randomUUID(),
  'a colon': () => `user:${tag()}:x`,
  slashes: () => `//${tag()}/../x`,
  'a header': () => `Basic ${tag()}, Bearer x`,
  SQL: () => `'; DROP TABLE ${tag()}; --`,
  'lower case': () => `${tag().toLowerCase()}plain`,
  short: () => `q${randomInt(10)}Z!`,
};

/** Forty and more, each with something in it that stands nowhere by chance. */
export function awkwardPasswords(): Canary[] {
  const random = Object.entries(PASSWORDS).map(([name, make]): Canary => ({ name, value: make(), use: 'password' }));
  return [...random, { name: 'a common word', value: 'password', use: 'password', word: true }];
}

/** A seed as people write it. */
export function groupedSeed(): Canary {
  const seed = new Secret({ size: 20 }).base32.toLowerCase().match(/.{1,4}/g) ?? [];
  return { name: 'a seed in groups', value: seed.join(' '), use: 'seed' };
}

/** What is searched for: the secret, and what a page leaves of it (outer and repeated spaces, a piece of a long one). */
export function plantedOf({ name, value, use, word }: Canary): PlantedSecret[] {
  if (word) return [];
  if (use === 'seed') return [{ name, value, kind: 'seed' }];
  if (/^\d{1,8}$/.test(value)) return [{ name, value, kind: 'code' }];
  const shown = value.replace(/[\t ]+/g, ' ').trim();
  const pieces = value.length > 60 ? [value.slice(0, 40), value.slice(60, 100), value.slice(-40)] : [];
  return [...new Set([value, shown, ...pieces])].map((text) => ({ name, value: text, kind: 'password' }));
}
