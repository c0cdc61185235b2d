import { createHash } from 'node:crypto';

/** encodeURIComponent throws on a lone surrogate, which no URL can carry either. */
function safely(make: () => string): string[] {
  try {
    return [make()];
  } catch {
    return [];
  }
}

const everyByte = (value: string): string => Buffer.from(value).toString('hex').replace(/../g, '%$&');

/** No escape that is looked for changes such a text. */
const PLAIN = /^[A-Za-z0-9_.-]*$/;

function urlForms(value: string): string[] {
  if (PLAIN.test(value)) return [];
  const forms = safely(() => encodeURIComponent(value)).flatMap((encoded) => [
    encoded,
    encoded.replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    encoded.replaceAll('%20', '+'),
    new URLSearchParams([['v', value]]).toString().slice(2),
    encodeURI(value),
  ]);
  return [...forms, ...forms.map((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

const HTML_NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function htmlForms(value: string): string[] {
  const named = value.replace(/[&<>"']/g, (c) => HTML_NAMED[c] ?? c);
  return [
    named,
    named.replaceAll('&#39;', '&#x27;'),
    named.replaceAll('&#39;', '&apos;'),
    value.replace(/[&<>"]/g, (c) => HTML_NAMED[c] ?? c),
    value.replace(/[&<>]/g, (c) => HTML_NAMED[c] ?? c),
    value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`),
    value.replace(/[&<>"'\u0080-\u{10ffff}]/gu, (c) => `&#${c.codePointAt(0)};`),
  ];
}

function jsonForms(value: string): string[] {
  const once = JSON.stringify(value).slice(1, -1);
  const ascii = once.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [once, ascii, once.replaceAll('/', '\\/')];
}

/** A base64 text as it stands in a URL: only three of its characters are escaped there. */
function base64InUrl(text: string): string[] {
  if (!/[+/=]/.test(text)) return [];
  const escaped = encodeURIComponent(text);
  return [escaped, escaped.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())];
}

const layer = (value: string): string[] =>
  PLAIN.test(value) ? [] : [...urlForms(value), ...htmlForms(value), ...jsonForms(value)];

/** A text as bytes: UTF-8, and one byte a character, which is what a page's own `btoa` makes of it. */
function bytesOf(value: string): Buffer[] {
  const utf8 = Buffer.from(value, 'utf8');
  const latin1 = Buffer.from(value, 'latin1');
  return latin1.toString('latin1') === value && !latin1.equals(utf8) ? [utf8, latin1] : [utf8];
}

/**
 * Base64 of the bytes wherever they may start inside longer encoded data (a Basic header, a token): at each of the three
 * alignments, without the characters its neighbours have a part in. In both alphabets, and as they stand in a URL.
 */
function base64Forms(bytes: Buffer): string[] {
  const whole = bytes.toString('base64');
  const forms = [whole];
  for (let before = 0; before < 3; before += 1) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const inner = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    if (inner.length >= 4) forms.push(inner);
  }
  const urlSafe = forms.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const all = [...new Set([...forms, ...urlSafe])];
  return [...all, ...all.flatMap(base64InUrl), ...forms.map((text) => text.replaceAll('/', '\\/'))];
}

/** A base32 seed as people write it: in either case, in groups of four. An otpauth:// address holds one. */
function seedForms(value: string): string[] {
  const address = value.startsWith('otpauth://') ? URL.parse(value)?.searchParams.get('secret') : null;
  const seed = (address ?? value).replace(/[\s-]/g, '').toUpperCase();
  if (!/^[A-Z2-7]{16,}=*$/.test(seed)) return [];
  const groups = seed.match(/.{1,4}/g) ?? [];
  const written = [seed, groups.join(' '), groups.join('-')];
  return [...written, ...written.map((text) => text.toLowerCase())];
}

/** Its digests as they are sent and logged: hex in both cases, base64 in both alphabets. */
export function digestForms(value: string): string[] {
  return ['md5', 'sha1', 'sha256', 'sha512'].flatMap((name) => {
    const digest = createHash(name).update(value).digest();
    const hex = digest.toString('hex');
    const base64 = digest.toString('base64');
    return [hex, hex.toUpperCase(), base64, digest.toString('base64url'), ...base64InUrl(base64)];
  });
}

/** Shorter, what is left is no secret. */
const SHORTEST_SHOWN = 3;
/** Shorter ones are other words in other letters. */
const SHORTEST_FOLDED = 6;

/** A page shows several spaces as one, and none at the ends. */
function shownForms(value: string): string[] {
  const shown = value.replace(/\s+/g, ' ').trim();
  return shown === value ? [] : [shown, value.trim()].filter((text) => text.length >= SHORTEST_SHOWN);
}

/** A style sheet may show capitals, or a site fold what it was given. */
function caseForms(value: string): string[] {
  return value.length < SHORTEST_FOLDED ? [] : [value.toUpperCase(), value.toLowerCase()];
}

/** In a text where every other character became U+FFFD or two wrong ones, so much must be left to know it again. */
const MIN_KNOWN = 6;
const NOT_ASCII = /[\u0080-\u{10ffff}]/u;
const EACH_NOT_ASCII = new RegExp(NOT_ASCII, 'gu');

/**
 * What becomes of a secret on a page that names no character set or a wrong one: sent by a form as windows-1252, and read
 * as that or as UTF-8 though it is the other (https://encoding.spec.whatwg.org/#windows-1252).
 */
function misreadForms(value: string): string[] {
  if (!NOT_ASCII.test(value)) return [];
  const latin1 = [...value].map((c) => (c.length === 1 && c <= '\u00ff' ? c : `&#${c.codePointAt(0)};`)).join('');
  const sent = [...Buffer.from(latin1, 'latin1')].map((byte) => formByte(byte)).join('');
  const known = value.replace(EACH_NOT_ASCII, '').length >= MIN_KNOWN;
  return [
    sent,
    sent.replaceAll('+', '%20'),
    new TextDecoder('windows-1252').decode(Buffer.from(value)),
    ...(known ? [value.replace(EACH_NOT_ASCII, '\ufffd')] : []),
  ];
}

/** One byte as a form sends it (application/x-www-form-urlencoded, WHATWG URL). */
function formByte(byte: number): string {
  if (byte === 0x20) return '+';
  const sign = String.fromCharCode(byte);
  return /[A-Za-z0-9*._-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * A secret in every form it is likely to be written in: as it is, and under one or two layers of URL, form, HTML and
 * JSON escapes; base64 and hex of its bytes; its digests.
 */
export function secretForms(value: string): string[] {
  const bases = [
    ...new Set([
      value,
      ...shownForms(value),
      value.normalize('NFC'),
      value.normalize('NFD'),
      ...seedForms(value),
      ...misreadForms(value),
    ]),
  ];
  const once = new Set(bases.flatMap((base) => [base, ...layer(base)]));
  const texts = new Set([...once].flatMap((text) => [text, ...layer(text)]));
  const bytes = new Set([...bases, ...bases.flatMap((base) => (PLAIN.test(base) ? [] : jsonForms(base)))]);
  const forms = [
    ...texts,
    // A line of the log is JSON around all of it.
    ...[...texts].map((text) => JSON.stringify(text).slice(1, -1)),
    ...[...bytes].flatMap((text) => [...bytesOf(text).flatMap(base64Forms), ...hexForms(text), everyByte(text)]),
    ...caseForms(value),
    ...digestForms(value),
  ];
  return [...new Set(forms)].filter((form) => form !== '');
}

function hexForms(value: string): string[] {
  const hex = Buffer.from(value, 'utf8').toString('hex');
  return [hex, hex.toUpperCase()];
}
