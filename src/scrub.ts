import { valuePattern } from './common-words.ts';
import { secretForms } from './secret-forms.ts';

const MARK = '[redacted]';
/** Shorter forms are common in ordinary text: replaced only where they stand alone. */
const WHOLE_TOKEN_BELOW = 4;
/** Forms are found by how they begin. */
const KEY_LENGTH = 3;
/** How deep a value is followed; what lies deeper is left out. */
const MAX_DEPTH = 50;
/** What stands at the end of a text that was cut off, and how much of a secret before it is one. */
const CUT = '…';
const MIN_CUT = 6;
const MAX_CUT = 4_096;

interface Form {
  text: string;
  alone: boolean;
  /** Of a common word: it is taken out of a site's words only, where it is shown as a value. */
  pattern: RegExp | null;
  /** Scopes that hold it. */
  holders: number;
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
/** An escape before a token ends in a letter or digit that is not part of the text. */
const ESCAPE_AT_END = /(?:\\[bfnrtv]|\\u[0-9a-f]{4}|%[0-9a-f]{2})$/i;

function standsAlone(text: string, start: number, end: number): boolean {
  if (LETTER_OR_DIGIT.test(text.charAt(end))) return false;
  return !LETTER_OR_DIGIT.test(text.charAt(start - 1)) || ESCAPE_AT_END.test(text.slice(Math.max(0, start - 6), start));
}

function stands(form: Form, text: string, at: number, words: boolean): boolean {
  const { pattern } = form;
  if (!pattern) return !form.alone || standsAlone(text, at, at + form.text.length);
  pattern.lastIndex = at;
  return words && pattern.test(text);
}

/**
 * Takes secrets out of whatever leaves the process, by value: a run's secrets are known from the moment the vault gave
 * them until the run is final. Very short ones and codes (up to 8 digits) are taken out only where they stand alone.
 * A text costs one look-up a character, however many secrets are known.
 */
export class Scrubber {
  readonly #scopes = new Map<string, Set<string>>();
  readonly #values = new Map<string, Set<string>>();
  /** Forms by their first characters, longest first. */
  readonly #forms = new Map<string, Form[]>();
  /** Short forms have short keys: how many there are of each length. */
  readonly #keyLengths = [0, 0, 0, 0];

  /** Registers secrets under a scope (a run's id, or `service`). Empty and missing values are ignored. */
  add(scope: string, values: readonly (string | null | undefined)[]): void {
    const known = this.#values.get(scope) ?? new Set<string>();
    const forms = this.#scopes.get(scope) ?? new Set<string>();
    for (const value of values) {
      if (!value || known.has(value)) continue;
      known.add(value);
      for (const form of secretForms(value)) {
        if (forms.has(form)) continue;
        forms.add(form);
        this.#hold(form);
      }
    }
    if (known.size === 0) return;
    this.#values.set(scope, known);
    this.#scopes.set(scope, forms);
  }

  remove(scope: string): void {
    for (const form of this.#scopes.get(scope) ?? []) this.#release(form);
    this.#scopes.delete(scope);
    this.#values.delete(scope);
  }

  /** Whatever leaves the process. A secret that is a common word stays: states and names are made of such words. */
  scrub(text: string): string {
    return this.#scrub(text, false);
  }

  /** What a site said: common words are taken out too, where they are shown as a value. */
  scrubWords(text: string): string {
    return this.#scrub(text, true);
  }

  #scrub(text: string, words: boolean): string {
    if (this.#forms.size === 0) return text;
    const cut = this.#cutOff(text);
    let clean = '';
    /** Where what was taken out ends; a secret may begin inside another. */
    let end = 0;
    for (let at = 0; at < text.length; at += 1) {
      const length = cut.get(at) ?? this.#lengthAt(text, at, words);
      if (length === 0) continue;
      if (at >= end) clean += text.slice(end, at) + MARK;
      end = Math.max(end, at + length);
    }
    return end === 0 ? text : clean + text.slice(end);
  }

  /**
   * The value as JSON knows it, with every string in it scrubbed, keys too, and numbers that are a secret of 6 digits or
   * more. A string of several words may be a site's; one word may be a state of ours.
   */
  scrubDeep<T>(value: T, depth = 0): T {
    if (typeof value === 'string') return this.#scrub(value, /\s/.test(value)) as T;
    if (typeof value === 'number') return this.#scrubNumber(value) as T;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return MARK as T;
    if (Array.isArray(value)) return value.map((item) => this.scrubDeep(item, depth + 1)) as T;
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.scrubDeep(value.toJSON(), depth + 1);
    const clean = Object.entries(value).map(([key, item]) => [this.scrub(key), this.scrubDeep(item, depth + 1)]);
    return Object.fromEntries(clean) as T;
  }

  #scrubNumber(value: number): unknown {
    const text = String(value);
    return text.length >= 6 && this.scrub(text) === MARK ? MARK : value;
  }

  /** Where secrets begin that are cut off at a mark, each with its length. Addresses share their beginnings. */
  #cutOff(text: string): Map<number, number> {
    const found = new Map<number, number>();
    for (let end = text.indexOf(CUT); end >= 0; end = text.indexOf(CUT, end + 1)) {
      for (let at = Math.max(0, end - MAX_CUT); at <= end - MIN_CUT; at += 1) {
        const bucket = this.#forms.get(text.slice(at, at + KEY_LENGTH));
        if (!bucket) continue;
        const piece = text.slice(at, end);
        if (!piece.startsWith('http') && bucket.some((form) => form.text.startsWith(piece))) {
          found.set(at, piece.length);
          break;
        }
      }
    }
    return found;
  }

  /** Length of the longest secret at this place, or 0. */
  #lengthAt(text: string, at: number, words: boolean): number {
    for (let keyLength = KEY_LENGTH; keyLength > 0; keyLength -= 1) {
      if (this.#keyLengths[keyLength] === 0) continue;
      const found = this.#forms
        .get(text.slice(at, at + keyLength))
        ?.find((form) => text.startsWith(form.text, at) && stands(form, text, at, words));
      if (found) return found.text.length;
    }
    return 0;
  }

  #hold(text: string): void {
    const key = text.slice(0, KEY_LENGTH);
    const bucket = this.#forms.get(key) ?? [];
    const held = bucket.find((form) => form.text === text);
    if (held) {
      held.holders += 1;
      return;
    }
    const alone = text.length < WHOLE_TOKEN_BELOW || /^\d{1,8}$/.test(text);
    const place = bucket.findIndex((form) => form.text.length < text.length);
    bucket.splice(place < 0 ? bucket.length : place, 0, { text, alone, pattern: valuePattern(text, 'yu'), holders: 1 });
    this.#forms.set(key, bucket);
    this.#keyLengths[key.length] = (this.#keyLengths[key.length] ?? 0) + 1;
  }

  #release(text: string): void {
    const key = text.slice(0, KEY_LENGTH);
    const bucket = this.#forms.get(key) ?? [];
    const held = bucket.find((form) => form.text === text);
    if (!held) return;
    held.holders -= 1;
    if (held.holders > 0) return;
    this.#keyLengths[key.length] = (this.#keyLengths[key.length] ?? 0) - 1;
    const rest = bucket.filter((form) => form !== held);
    if (rest.length > 0) this.#forms.set(key, rest);
    else this.#forms.delete(key);
  }
}
