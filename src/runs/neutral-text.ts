import { secretForms } from '../secret-forms.ts';

/** Under this a name is common in ordinary words. */
const NAME_ANYWHERE_FROM = 5;
const LEAST_ENCODED = 6;

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const E_MAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
/** Hexadecimal digits, and letters mixed with digits, of a length that no word has. */
const TOKEN =
  /(?<![A-Za-z0-9])(?=[A-Za-z0-9_+/=-]*\d)(?=[A-Za-z0-9_+/=-]*[A-Za-z])(?:[0-9a-fA-F]{12,}|[A-Za-z0-9_+/=-]{24,})(?![A-Za-z0-9])/g;
const DIGITS = /\d(?:[ -]?\d){4,}/g;

/**
 * Puts stand-ins for whom a page speaks of: the account's name, e-mail addresses, long numbers and tokens. The same text
 * gets the same stand-in, so that what belongs together (a label and its field) still does.
 */
export class NeutralText {
  readonly #given = new Map<string, string>();
  readonly #name: RegExp | null;
  readonly #encodedName: string[];

  /** `name`: the account's; empty or null: there is none. */
  constructor(name: string | null) {
    const known = name?.trim() ?? '';
    const anywhere = known.length >= NAME_ANYWHERE_FROM;
    this.#name =
      known === ''
        ? null
        : new RegExp(anywhere ? literal(known) : `(?<![\\p{L}\\p{N}])${literal(known)}(?![\\p{L}\\p{N}])`, 'giu');
    this.#encodedName = (known === '' ? [] : secretForms(known))
      .filter((form) => form.length >= LEAST_ENCODED && form.toLowerCase() !== known.toLowerCase())
      .sort((a, b) => b.length - a.length);
  }

  of(text: string): string {
    let clean = text;
    for (const form of this.#encodedName) clean = clean.replaceAll(form, 'person');
    if (this.#name) clean = clean.replace(this.#name, 'person');
    return clean
      .replace(E_MAIL, (found) => this.#standIn(found, (at) => `person${at}@example.com`))
      .replace(TOKEN, (found) => this.#standIn(found, (at) => `token${at}`))
      .replace(DIGITS, (found) => this.#standIn(found, (at) => String(at).padStart(found.length, '0')));
  }

  #standIn(found: string, make: (at: number) => string): string {
    const known = this.#given.get(found);
    if (known !== undefined) return known;
    const made = make(this.#given.size + 1);
    this.#given.set(found, made);
    return made;
  }
}
