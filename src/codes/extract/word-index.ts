import { fold } from '../../fold.ts';

/** A phrase of a list at a place of the text. */
export interface FoundWord<List extends string> {
  list: List;
  start: number;
  end: number;
}

interface Phrase<List extends string> {
  list: List;
  /** No word goes on before it, and behind it. */
  begins: boolean;
  ends: boolean;
}

/** The phrases that end at a letter, and the letters that go on from it. */
class Letter<List extends string> {
  readonly next = new Map<number, Letter<List>>();
  readonly phrases: Phrase<List>[] = [];
}

const LETTER = /[\p{L}\p{N}]/u;
/** A word in Latin letters ends where another script begins: 登入OTP密碼. */
const LATIN = /[a-z0-9\u00c0-\u024f]/;
/** Letters of the scripts that put blanks between words and join few of them. */
const PARTED = /[a-z\u00c0-\u052f\u1e00-\u1fff]/;
/** Letters that Persian and Arabic write with other signs, and those that are often left without their mark. */
const ARABIC: Record<string, string> = { ی: 'ي', ى: 'ي', ک: 'ك', أ: 'ا', إ: 'ا', آ: 'ا', ة: 'ه' };
/** Signs whose folded form is remembered. */
const MAX_KNOWN = 20_000;

const known = new Map<string, string>();

/** Folded, but one sign for one sign, so that a place in the folded text is a place in the text. */
function foldSign(sign: string): string {
  let folded = known.get(sign);
  if (folded === undefined) {
    const all = fold(sign);
    folded = all.length === 1 ? (ARABIC[all] ?? all) : sign;
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

/** Finds the phrases of many lists in one pass over a text: from each place letter by letter as far as any phrase goes. */
export class WordIndex<List extends string> {
  #beginning = new Letter<List>();
  #yielding: Set<List>;

  /**
   * Phrases of the lists `atBeginnings` are found at the beginning of a word only; those of the lists `yielding` never take
   * the place of one that begins before them.
   */
  constructor(
    lists: Record<List, string>,
    { atBeginnings, yielding = [] }: { atBeginnings: List[]; yielding?: List[] },
  ) {
    this.#yielding = new Set(yielding);
    for (const list of Object.keys(lists) as List[]) {
      for (const written of lists[list].split(';')) {
        const trimmed = foldInPlace(written.normalize('NFC').trim());
        const whole = trimmed.startsWith('|');
        const phrase = { list, begins: whole || atBeginnings.includes(list), ends: whole };
        if (trimmed !== '') this.#add(whole ? trimmed.slice(1, -1) : trimmed, phrase);
      }
    }
  }

  #add(letters: string, phrase: Phrase<List>): void {
    let at = this.#beginning;
    for (let i = 0; i < letters.length; i++) {
      const code = letters.charCodeAt(i);
      const next = at.next.get(code) ?? new Letter<List>();
      at.next.set(code, next);
      at = next;
    }
    at.phrases.push(phrase);
  }

  /** The longest phrase that begins at a place. */
  #longest(letters: string, start: number): FoundWord<List> | null {
    let found: FoundWord<List> | null = null;
    let at = this.#beginning.next.get(letters.charCodeAt(start));
    for (let end = start + 1; at; at = at.next.get(letters.charCodeAt(end++))) {
      const phrase = at.phrases.find((one) => isWord(letters, start, end, one));
      if (phrase) found = { list: phrase.list, start, end };
    }
    return found;
  }

  /** In order of place; of phrases that overlap the longest from one place, then the one that goes on furthest. */
  find(text: string): FoundWord<List>[] {
    const letters = foldInPlace(text);
    const found: FoundWord<List>[] = [];
    for (let place = 0; place < letters.length; place++) {
      const word = this.#longest(letters, place);
      if (!word) continue;
      const last = found.at(-1);
      if (last && place < last.end) {
        // "your code of conduct": the phrase that goes further says what the one before it is about.
        if (word.end <= last.end || this.#yielding.has(word.list)) continue;
        found.pop();
      }
      found.push(word);
    }
    return found;
  }
}

/** Whether no word goes on before a phrase or behind it, where it is to begin or to end one. */
function isWord(letters: string, start: number, end: number, { begins, ends }: Phrase<string>): boolean {
  const first = letters.charAt(start);
  if (ends) {
    const letter = LATIN.test(first) ? LATIN : LETTER;
    return !letter.test(letters.charAt(start - 1)) && !letter.test(letters.charAt(end));
  }
  return !begins || !PARTED.test(first) || !PARTED.test(letters.charAt(start - 1));
}
