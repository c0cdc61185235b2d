import { fold } from '../../fold.ts';

/** A phrase of a list at a place of the text. */
export interface FoundWord<List extends string> {
  list: List;
  start: number;
  end: number;
}

interface Phrase<List extends string> {
  list: List;
  whole: boolean;
}

/** The phrases that end at a letter, and the letters that go on from it. */
class Letter<List extends string> {
  readonly next = new Map<number, Letter<List>>();
  readonly phrases: Phrase<List>[] = [];
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

/** Finds the phrases of many lists in one pass over a text: from each place letter by letter as far as any phrase goes. */
export class WordIndex<List extends string> {
  #beginning = new Letter<List>();

  constructor(lists: Record<List, string>) {
    for (const list of Object.keys(lists) as List[]) {
      for (const written of lists[list].split(';')) {
        const trimmed = fold(written.trim());
        const whole = trimmed.startsWith('|');
        if (trimmed !== '') this.#add(whole ? trimmed.slice(1, -1) : trimmed, { list, whole });
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
      const phrase = at.phrases.find(({ whole }) => !whole || standsApart(letters, start, end));
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
        if (word.end <= last.end) continue;
        found.pop();
      }
      found.push(word);
    }
    return found;
  }
}

/** Whether no word goes on before or behind. */
function standsApart(letters: string, start: number, end: number): boolean {
  const letter = LATIN.test(letters.charAt(start)) ? LATIN : LETTER;
  return !letter.test(letters.charAt(start - 1)) && !letter.test(letters.charAt(end));
}
