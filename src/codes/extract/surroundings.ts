import type { Candidate } from './candidates.ts';
import { CODE_WORD_INDEX, type CodeWordList } from './code-words.ts';
import type { MessageText } from './message-parts.ts';
import type { FoundWord } from './word-index.ts';

/** How far a word may be from the number it names. */
const REACH = 160;
const MAX_WORDS = 16;

/** How a word and a number are parted. Lines without letters and digits do not count. */
type Parting = 'sentence' | 'end of sentence' | 'line' | 'lines' | 'far';

/** A full stop behind a short word is one of an abbreviation: No. 12, Tel. 030. */
const SENTENCE_END = /(?:[\p{L}\p{N})"'”」]{4}[.!?]|[!?]|\p{N}\.)(?=\s)|[。！？]/gu;
const LINE_WITH_WORDS = /\n(?=[^\p{L}\p{N}\n]*[\p{L}\p{N}])/gu;

/** How many numbers of a sorted list are smaller. */
function countBelow(sorted: number[], place: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) >= place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A word near a number. */
export interface Near {
  list: CodeWordList;
  start: number;
  end: number;
  between: string;
  cut: Parting;
  /** Sentences that end between. */
  sentences: number;
}

/** Names of senders before a colon: "Swift Parcel: ", "TicketBarn: ". Each word has a capital, and one is no topic by itself. */
const SENDER = /^(?:\p{Lu}[\p{L}\p{N}]*[ &]{1,3}){1,3}\p{Lu}[\p{L}\p{N}]*\s?:|^\p{Lu}\p{Ll}+\p{Lu}\p{L}*\s?:/u;

/** What a sender is called says nothing about the message, unless it is no more than a name and a number. */
function withoutSender(text: string, words: FoundWord<CodeWordList>[]): FoundWord<CodeWordList>[] {
  const end = SENDER.exec(text.slice(0, 60))?.[0].length ?? 0;
  const ofSender = words.filter((word) => word.end <= end);
  if (ofSender.length === 0 || !/^\s?[\w-]+[,.]?\s\p{L}/u.test(text.slice(end, end + 40))) return words;
  return ofSender.every(({ list }) => list === 'topic' || list === 'noun') ? words.slice(ofSender.length) : words;
}

/** The sentences, lines and words of one message, looked up by place. */
export class Surroundings {
  readonly words: FoundWord<CodeWordList>[];
  readonly text: string;
  readonly #looks: MessageText['looks'];
  readonly #sentenceEnds: number[];
  readonly #lines: number[];

  constructor({ text, looks }: MessageText) {
    this.text = text;
    this.#looks = looks;
    this.words = withoutSender(text, CODE_WORD_INDEX.find(text));
    this.#sentenceEnds = [...text.matchAll(SENTENCE_END)].map((found) => found.index + found[0].length - 1);
    this.#lines = [...text.matchAll(LINE_WITH_WORDS)].map(({ index }) => index);
  }

  /** The first word that ends behind a place. */
  #firstBehind(place: number): number {
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.words[middle]?.end ?? 0) > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #near({ list, start, end }: FoundWord<CodeWordList>, from: number, to: number): Near {
    const lines = countBelow(this.#lines, to) - countBelow(this.#lines, from);
    const sentences = countBelow(this.#sentenceEnds, to) - countBelow(this.#sentenceEnds, from);
    const sameLine: Parting = sentences > 0 ? 'end of sentence' : 'sentence';
    const cut = lines === 0 ? sameLine : lines === 1 ? 'line' : lines === 2 ? 'lines' : 'far';
    return { list, start, end, between: this.text.slice(from, to), cut, sentences };
  }

  /** A candidate with what stands around it. */
  place(candidate: Candidate, others: Candidate[]): Placed {
    return { candidate, text: this.text, alone: standsAlone(this.text, candidate), others, ...this.#around(candidate) };
  }

  /** Words within reach of a candidate, nearest first on either side. */
  #around({ start, end }: Candidate): { before: Near[]; after: Near[] } {
    const before: Near[] = [];
    const after: Near[] = [];
    for (let i = this.#firstBehind(start) - 1; i >= 0 && before.length < MAX_WORDS; i--) {
      const word = this.words[i];
      if (!word || start - word.end > REACH) break;
      before.push(this.#near(word, word.end, start));
    }
    for (let i = this.#firstBehind(end); i < this.words.length && after.length < MAX_WORDS; i++) {
      const word = this.words[i];
      if (!word || word.start - end > REACH) break;
      if (word.start >= end) after.push(this.#near(word, end, word.start));
    }
    return { before, after };
  }

  /** Whether a word of the lists lies in it. */
  isWord({ start, end }: Candidate): boolean {
    const word = this.words[this.#firstBehind(start)];
    return word !== undefined && word.start < end;
  }

  /** What a stretch looks like, as bits. Looks come in order and do not overlap. */
  look(start: number, end: number): number {
    let low = 0;
    let high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#looks[middle]?.end ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    const found = this.#looks[low];
    return found && found.start <= start && found.end >= end - 1 ? found.look : 0;
  }
}

/** A candidate and what stands around it. */
export interface Placed {
  candidate: Candidate;
  text: string;
  alone: 'line' | 'cell' | null;
  before: Near[];
  after: Near[];
  /** Other candidates near it, in order. */
  others: Candidate[];
}

/** Whether the number is all there is in its line or table cell. */
function standsAlone(text: string, { start, end }: Candidate): 'line' | 'cell' | null {
  const left = /[^\n\t]*$/.exec(text.slice(Math.max(0, start - 40), start))?.[0] ?? '';
  const right = /^[^\n\t]*/.exec(text.slice(end, end + 40))?.[0] ?? '';
  if (/[\p{L}\p{N}#@$€£]/u.test(left + right) || left.length + right.length > 60) return null;
  const cell = text.charAt(start - left.length - 1) === '\t' || text.charAt(end + right.length) === '\t';
  return cell ? 'cell' : 'line';
}
