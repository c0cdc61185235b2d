import { fold } from '../../fold.ts';

/** A phrase of a list at a place of the text. */
export interface FoundWord<List extends string> {
  list: List;
  start: number;
  end: number;
}

interface Phrase<List extends string> {
  list: List;
  letters: string;
  whole: boolean;
}

const LETTER = /[\p{L}\p{N}]/u;
/** A word in Latin letters ends where another script begins: 登入OTP密碼. */
const LATIN = /[a-z0-9\u00c0-\u024f]/;
/** Signs whose folded form is remembered. */
const MAX_KNOWN = 20_000;

const known = new Map<string, string>();

/** Folded, but one sign for one sign, so that a place in the folded text is a place in the text. */
function foldSign(sign: string): string {
  let folded = known.get(sign);
  if (folded === undefined) {
    const all = fold(sign);
    folded = all.length === 1 ? all : sign;
    if (known.size < MAX_KNOWN) known.set(sign, folded);
  }
  return folded;
}

function foldInPlace(text: string): string {
  return text
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    .replace(/[\u0080-\uffff]/g, foldSign)
    .replace(/\s/g, ' ');
}

/** Two letters as one number; the second is 0 where there is none. */
const keyOf = (first: number, second: number): number => first * 0x10000 + second;

/** Finds the phrases of many lists in one pass over a text: at each place only the phrases that begin with its two letters are tried. */
export class WordIndex<List extends string> {
  #byBeginning = new Map<number, Phrase<List>[]>();

  constructor(lists: Record<List, string>) {
    for (const list of Object.keys(lists) as List[]) {
      for (const written of lists[list].split(';')) {
        const trimmed = fold(written.trim());
        const whole = trimmed.startsWith('|');
        const letters = whole ? trimmed.slice(1, -1) : trimmed;
        if (letters === '') continue;
        const key = keyOf(letters.charCodeAt(0), letters.charCodeAt(1) || 0);
        const same = this.#byBeginning.get(key) ?? [];
        same.push({ list, letters, whole });
        this.#byBeginning.set(key, same);
      }
    }
    for (const same of this.#byBeginning.values()) same.sort((a, b) => b.letters.length - a.letters.length);
  }

  /** In order of place; of phrases that overlap the longest from one place, then the one that goes on furthest. */
  find(text: string): FoundWord<List>[] {
    const letters = foldInPlace(text);
    const found: FoundWord<List>[] = [];
    const goesOn = (phrase: string, place: number) => (LATIN.test(phrase) ? LATIN : LETTER).test(letters.charAt(place));
    for (let place = 0; place < letters.length; place++) {
      const fits = ({ letters: phrase, whole }: Phrase<List>): boolean =>
        letters.startsWith(phrase, place) &&
        !(whole && ((place > 0 && goesOn(phrase, place - 1)) || goesOn(phrase, place + phrase.length)));
      const phrase =
        this.#byBeginning.get(keyOf(letters.charCodeAt(place), letters.charCodeAt(place + 1) || 0))?.find(fits) ??
        this.#byBeginning.get(keyOf(letters.charCodeAt(place), 0))?.find(fits);
      if (!phrase) continue;
      const end = place + phrase.letters.length;
      const last = found.at(-1);
      if (last && place < last.end) {
        // "your code of conduct": the phrase that goes further says what the one before it is about.
        if (end <= last.end) continue;
        found.pop();
      }
      found.push({ list: phrase.list, start: place, end });
    }
    return found;
  }
}
