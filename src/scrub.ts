import { createHash } from 'node:crypto';

const MARK = '[redacted]';
/** Shorter values are common in ordinary text: replaced only where they stand alone. */
const WHOLE_TOKEN_BELOW = 4;
/** How deep a logged value is followed. */
const MAX_DEPTH = 12;

function percentForms(value: string): string[] {
  const encoded = safely(() => encodeURIComponent(value));
  if (encoded === null) return [];
  const strict = encoded.replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = safely(() => new URLSearchParams([['v', value]]).toString().slice(2)) ?? encoded;
  const forms = [encoded, strict, form, encodeURI(value)];
  return [...forms, ...forms.map((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

/** encodeURIComponent throws on a lone surrogate, which no URL can carry either. */
function safely<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

const HTML_NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function htmlForms(value: string): string[] {
  const named = value.replace(/[&<>"']/g, (c) => HTML_NAMED[c] ?? c);
  return [
    named,
    named.replaceAll('&#39;', '&#x27;'),
    named.replaceAll('&#39;', '&apos;'),
    value.replace(/[&<>]/g, (c) => HTML_NAMED[c] ?? c),
  ];
}

function jsonForms(value: string): string[] {
  const once = JSON.stringify(value).slice(1, -1);
  const ascii = once.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [once, ascii, JSON.stringify(once).slice(1, -1), once.replaceAll('/', '\\/')];
}

/**
 * Base64 of the value wherever it may start inside longer encoded data: at each of the three alignments, without the
 * characters its neighbours share.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const forms: string[] = [];
  for (let before = 0; before < 3; before += 1) {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const from = before === 0 ? 0 : before + 1;
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
    const inner = text.slice(from, text.length - shared);
    if (inner.length >= 6) forms.push(inner);
  }
  const whole = bytes.toString('base64');
  forms.push(whole, whole.replace(/=+$/, ''));
  return [...forms, ...forms.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** A secret and every form it is likely to be written in, longest first. */
export function derivedForms(value: string): string[] {
  const hex = Buffer.from(value, 'utf8').toString('hex');
  const digests = ['md5', 'sha1', 'sha256', 'sha512'].map((name) => createHash(name).update(value).digest('hex'));
  const forms = new Set([
    value,
    ...percentForms(value),
    ...htmlForms(value),
    ...jsonForms(value),
    ...base64Forms(value),
    hex,
    hex.toUpperCase(),
    ...digests,
  ]);
  return [...forms].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function patternOf(values: Iterable<string>): RegExp | null {
  const forms = new Set<string>();
  for (const value of values) for (const form of derivedForms(value)) forms.add(form);
  if (forms.size === 0) return null;
  const parts = [...forms]
    .sort((a, b) => b.length - a.length)
    .map((form) =>
      form.length < WHOLE_TOKEN_BELOW || /^\d{1,7}$/.test(form)
        ? `(?<![\\p{L}\\p{N}])${escapeRegExp(form)}(?![\\p{L}\\p{N}])`
        : escapeRegExp(form),
    );
  return new RegExp(parts.join('|'), 'gu');
}

/**
 * Takes secrets out of whatever leaves the process, by value: a run's secrets are known from the moment the vault gave
 * them until the run is final. Short values and codes (digits only) are taken out only where they stand alone.
 */
export class Scrubber {
  readonly #values = new Map<string, Set<string>>();
  readonly #patterns = new Map<string, RegExp>();

  /** Registers secrets under a scope (a run's id, or `service`). Empty and missing values are ignored. */
  add(scope: string, values: readonly (string | null | undefined)[]): void {
    const known = this.#values.get(scope) ?? new Set<string>();
    for (const value of values) if (value) known.add(value);
    if (known.size === 0) return;
    this.#values.set(scope, known);
    const pattern = patternOf(known);
    if (pattern) this.#patterns.set(scope, pattern);
  }

  remove(scope: string): void {
    this.#values.delete(scope);
    this.#patterns.delete(scope);
  }

  scrub(text: string): string {
    let clean = text;
    for (const pattern of this.#patterns.values()) clean = clean.replace(pattern, MARK);
    return clean;
  }

  /** The same value with every string in it scrubbed, keys too. */
  scrubDeep<T>(value: T, depth = 0): T {
    if (typeof value === 'string') return this.scrub(value) as T;
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
    if (Array.isArray(value)) return value.map((item) => this.scrubDeep(item, depth + 1)) as T;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const clean = Object.entries(value).map(([key, item]) => [this.scrub(key), this.scrubDeep(item, depth + 1)]);
    return Object.fromEntries(clean) as T;
  }
}
