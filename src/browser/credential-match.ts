import { valuePattern } from '../common-words.ts';
import { digestForms, secretForms } from '../secret-forms.ts';

/** A request as the fuse sees it. Header names are in lower case. */
export interface OutgoingRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

/** One value of a request after decoding, with the name it came under. */
interface Field {
  name: string;
  value: string;
}

/** Values shorter than this are looked for as whole decoded fields only: in longer text they turn up by chance. */
const SEARCHABLE_LENGTH = 8;
/** Layers of encoding that are undone (JSON in a form field, say). */
const MAX_DEPTH = 4;
const MAX_FIELDS = 20_000;

/** The name of what is a part of an address' path. */
const IN_PATH = '/';

/** Headers the browser adds by itself: they say where a request comes from, not what was typed. */
const OWN_HEADERS =
  /^(cookie|referer|origin|user-agent|accept.*|content-.*|sec-.*|host|connection|cache-control|pragma|upgrade.*)$/;

/** Names under which a password or a code is sent. */
const SECRET_NAMES =
  /pass|pwd|pswd|\bpw\b|secret|kennwort|passwd|contrase|senha|mot.?de|motdepasse|parol|haslo|wachtwoord|sifre|authorization|\bpin\b|otp|code|token|credential/i;

/** Finds one secret in requests, in whatever usual encoding it travels. */
export class CredentialMatcher {
  readonly #whole: ReadonlySet<string>;
  readonly #parts: readonly string[];
  readonly #onlyNamed: boolean;
  readonly #common: boolean;

  /**
   * `notSecret`: values that travel openly (the username). A secret that equals one is looked for only under names
   * that speak of a secret, or every request that names the user would count. One that is a common word is no secret in
   * an address' path (`/reset/password`).
   */
  constructor(secret: string, notSecret: readonly string[] = []) {
    const folded = secret.toLowerCase();
    this.#onlyNamed = notSecret.some((value) => value.toLowerCase().includes(folded));
    this.#common = valuePattern(secret) !== null;
    const searchable = secret.length >= SEARCHABLE_LENGTH && !this.#onlyNamed && !this.#common;
    this.#whole = new Set(
      searchable ? [] : [secret, secret.normalize('NFC'), secret.normalize('NFD'), ...wholeForms(secret)],
    );
    // The digest of a short secret is long, and as telling as that of a long one.
    this.#parts = searchable ? secretForms(secret) : this.#onlyNamed ? [] : digestForms(secret);
  }

  /** Whether the request carries the secret. */
  isIn(request: OutgoingRequest): boolean {
    return this.#inTexts(textsOf(request)) || this.#inFields(fieldsOf(request));
  }

  /** Whether a WebSocket message carries it. */
  isInMessage(message: string | Buffer): boolean {
    const body = typeof message === 'string' ? Buffer.from(message) : message;
    return this.#inTexts(bodyTexts(body)) || this.#inFields(decoded('', body.toString('utf8'), 0));
  }

  #inTexts(texts: readonly string[]): boolean {
    return this.#parts.some((form) => texts.some((text) => text.includes(form)));
  }

  #inFields(fields: readonly Field[]): boolean {
    return fields.some(({ name, value }) => {
      if (this.#onlyNamed && !SECRET_NAMES.test(name)) return false;
      if (this.#common && name === IN_PATH) return false;
      return (
        this.#whole.has(value) || this.#whole.has(value.trim()) || this.#parts.some((form) => value.includes(form))
      );
    });
  }
}

/** The forms a whole field may have that are too short to be searched for in longer text. */
function wholeForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [bytes.toString('base64'), bytes.toString('base64url'), hex, hex.toUpperCase(), ...digestForms(secret)];
}

function bodyTexts(body: Buffer): string[] {
  return [body.toString('utf8'), body.toString('latin1')];
}

function textsOf({ url, headers, body }: OutgoingRequest): string[] {
  const sent = Object.entries(headers).flatMap(([name, value]) => (OWN_HEADERS.test(name) ? [] : [value]));
  return [url, ...sent, ...(body ? bodyTexts(body) : [])];
}

function fieldsOf({ url, headers, body }: OutgoingRequest): Field[] {
  const fields: Field[] = [];
  const address = URL.parse(url);
  for (const [name, value] of address?.searchParams ?? []) fields.push(...decoded(name, value, 1));
  for (const part of address?.pathname.split('/') ?? []) fields.push({ name: IN_PATH, value: unescaped(part) });
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.test(name)) continue;
    fields.push({ name, value }, ...basicFields(value));
  }
  if (body) fields.push(...bodyFields(headers['content-type'] ?? '', body));
  return fields.slice(0, MAX_FIELDS);
}

/** The two halves of a Basic credential (RFC 7617 §2). */
function basicFields(value: string): Field[] {
  const encoded = /^basic\s+(\S+)$/i.exec(value)?.[1];
  if (!encoded) return [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return [];
  return [
    { name: 'username', value: text.slice(0, colon) },
    { name: 'password', value: text.slice(colon + 1) },
  ];
}

function bodyFields(type: string, body: Buffer): Field[] {
  const boundary = /multipart\/form-data\s*;.*?boundary="?([^";]+)"?/i.exec(type)?.[1];
  const text = body.toString('utf8');
  if (boundary) return multipartFields(text, boundary);
  if (/x-www-form-urlencoded/i.test(type)) return formFields(text, 1);
  return decoded('', text, 0);
}

/** The parts of a multipart/form-data body (RFC 7578). */
function multipartFields(text: string, boundary: string): Field[] {
  return text.split(`--${boundary}`).flatMap((part) => {
    const at = part.indexOf('\r\n\r\n');
    if (at < 0) return [];
    const name = /\bname="([^"]*)"/i.exec(part.slice(0, at))?.[1] ?? '';
    return decoded(name, part.slice(at + 4).replace(/\r\n$/, ''), 1);
  });
}

function formFields(text: string, depth: number): Field[] {
  return [...new URLSearchParams(text)].flatMap(([name, value]) => decoded(name, value, depth));
}

/** A value and, where it is itself an encoding (JSON, a form), what is inside. Numbers count as their digits. */
function decoded(name: string, value: string, depth: number): Field[] {
  const own = [{ name, value }];
  if (depth >= MAX_DEPTH) return own;
  const text = value.trim();
  if (/^[[{"]/.test(text)) {
    try {
      return [...own, ...jsonFields(name, JSON.parse(text), depth + 1)];
    } catch {
      // Not JSON after all.
    }
  }
  if (depth === 0 && /^[^\s=&]+=/.test(text)) return [...own, ...formFields(text, depth + 1)];
  return own;
}

function jsonFields(name: string, value: unknown, depth: number): Field[] {
  if (typeof value === 'string') return decoded(name, value, depth);
  if (typeof value === 'number') return [{ name, value: String(value) }];
  if (typeof value !== 'object' || value === null || depth > 32) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    jsonFields(Array.isArray(value) ? name : key, inner, depth + 1),
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
