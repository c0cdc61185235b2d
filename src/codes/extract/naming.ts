import type { CodeWordList } from './code-words.ts';
import type { Near, Placed } from './surroundings.ts';

/** Something that speaks for or against a candidate. */
export interface Evidence {
  score: number;
  reason: string;
}

/** Outweighs everything that could speak for a candidate. */
export const NEVER = -8;
/** A name such as "order number" stands right before its number. */
const NAME_REACH = 24;
/** A name leads on to a number this near. */
const NEXT_REACH = 40;
/** Between the parts of a list. */
const LIST_GAP = 14;
const LABEL_SCORE: Partial<Record<CodeWordList, number>> = { strong: 5, named: 5, weak: 4, figures: 3 };
/** A word for a code that is the end of a longer word, as in "Vertragscode", says little where nothing signs in. */
const JOINED_SCORE = 2.5;

/** What a message about something else counts for; less where only a later sentence says so, as a postscript does. */
const ELSEWHERE = -7;
const LATER = -2;

const quote = (text: string, { start, end }: Near): string => `"${text.slice(start, end)}"`;

/** What a name of another number right before it says. */
export function namedOtherwise(placed: Placed): Evidence | null {
  const { text, alone, before } = placed;
  for (const word of before) {
    const { list, between, cut } = word;
    if (list in LABEL_SCORE || list === 'enter') return null;
    if (list === 'stale' && cut === 'sentence') return { score: NEVER, reason: 'said to be old' };
    const near = cut === 'sentence' || (alone !== null && cut === 'line');
    // A word that goes on for long is another word: "Gatewood".
    if (between.length > NAME_REACH || /[0-9]|^[a-z]{4}/i.test(between) || !near) continue;
    const begins = word.start === 0 || /[\n\t]/.test(text.charAt(word.start - 1));
    const right = cut === 'sentence' && /^[\s:：#]{0,2}$/u.test(between);
    const isNoun = (list === 'noun' || list === 'topic') && (right || (begins && !/^\p{L}/u.test(between)));
    if (list === 'other' || (isNoun && !isCodeFor(placed, word))) {
      return { score: NEVER, reason: `named ${quote(text, word)}` };
    }
  }
  return null;
}

/** "Your code for the account: 1234": the name comes first, and nothing but its number follows. */
function isCodeFor({ candidate, others, before }: Placed, noun: Near): boolean {
  if (!/[:：]/.test(noun.between)) return false;
  const name = before.find((word) => word.list in LABEL_SCORE && word.end <= noun.start && word.cut === noun.cut);
  return name !== undefined && !others.some(({ start, end }) => start >= name.end && end <= candidate.start);
}

/** What is said right behind a number: that it counts or costs something, or is not to be used any more. */
export function saidBehind({ candidate, text, after }: Placed): Evidence | null {
  for (const { list, between, cut } of after) {
    const another = /^\s?[€$£]\d/.test(text.slice(candidate.end, candidate.end + 3));
    if (list === 'unit' && between.trim() === '' && between.length <= 1 && !another) {
      return { score: NEVER, reason: 'counts or costs something' };
    }
    if (list === 'stale' && cut === 'sentence') return { score: NEVER, reason: 'said to be old' };
  }
  return null;
}

/** Ends in what leads from a name to its number: a colon, "is" in many languages, or nothing at all. */
const LEADS_ON =
  /(?:^[^\p{L}]{0,3}|[:：=→–—-]|[はが是为為는은이]|(?:^|[^\p{L}])(?:is|are|as|lautet|ist|wie|est|es|e|é|è|to|jest|er|är|on|je|este|это|είναι|هو|هي|la|là|adalah|kodu))[\s"'«“„「『【[(<*_`]*$/iu;
/** Begins with what leads from a number to its name. */
const LEADS_BACK =
  /^["'»”)\]】」』>*_`]*\s*(?:[—–=←-]|[はが是为為는은]|(?:is|that's|c'est|as|lautet|ist|est|es|e|é|è|to|jest|er|är|on|je|este|это|είναι|هو|هي|la|là|adalah)(?![\p{L}]))/iu;

/** What is left of a name that belongs to another candidate: one between, or one right on the name's other side. */
function share({ candidate, others }: Placed, { list, start, end, between }: Near): number {
  const led = (leads: boolean) => (list === 'strong' || list === 'named' || leads ? 1 : 0.4);
  if (end > candidate.start) {
    const next = others.find((other) => other.start >= end && other.start - end <= NEXT_REACH);
    const own = led(between.length <= 15 || LEADS_BACK.test(between));
    if (next && (next.start - end <= 3 || !LEADS_BACK.test(between))) return own * 0.3;
    return others.some((other) => other.start >= candidate.end && other.end <= start) ? own * 0.6 : own;
  }
  const taker = others.findLast((other) => other.start >= end && other.end <= candidate.start);
  if (!taker) return led(LEADS_ON.test(between));
  // In a list, 402881 and 910273, the name is everyone's.
  if (candidate.start - taker.end <= LIST_GAP) return led(LEADS_ON.test(between.slice(0, taker.start - end)));
  const adjacent = others.some((other) => other.start >= end && other.start - end <= 4);
  return led(LEADS_ON.test(between)) * (adjacent ? 0.3 : 0.6);
}

/** A name of a code, and how it speaks for the number. */
export interface Label extends Evidence {
  list: CodeWordList;
}

/** The best name of a code near the number. */
export function label(placed: Placed): Label | null {
  const { text, alone, before, after } = placed;
  const signsIn = isSaidToSignIn(placed);
  let best: Label | null = null;
  const consider = (word: Near, factor: number, where: string) => {
    const joined = word.list === 'weak' && !signsIn && /[a-z\u00df-\u024f]/.test(text.charAt(word.start - 1));
    const score = (joined ? JOINED_SCORE : (LABEL_SCORE[word.list] ?? 0)) * factor;
    if (score <= (best?.score ?? 0)) return;
    const left = score * (word.cut === 'sentence' || word.start >= placed.candidate.end ? share(placed, word) : 1);
    if (left > (best?.score ?? 0)) best = { score: left, reason: `${quote(text, word)} ${where}`, list: word.list };
  };
  for (const word of before) {
    if (word.cut === 'sentence') consider(word, word.between.length <= 40 ? 1 : 0.85, 'before it');
    else if (word.cut === 'line') {
      // A whole sentence after it says something else.
      const fresh = word.sentences < 2;
      consider(word, alone ? (fresh ? 0.9 : 0.75) : fresh ? 0.5 : 0.25, 'in the line above');
    } else if (word.cut === 'lines' && alone) consider(word, 0.6, 'above');
    else if (word.cut === 'end of sentence') consider(word, 0.3, 'in the sentence before');
  }
  for (const word of after) {
    if (word.cut === 'sentence') consider(word, word.between.length <= 40 ? 0.9 : 0.6, 'behind it');
    else if (word.cut === 'end of sentence' && word.between.length <= 3 && placed.candidate.start <= 24)
      consider(word, 0.6, 'right after its sentence');
    else if (word.cut === 'line' && alone) consider(word, 0.7, 'in the line below');
  }
  return best;
}

/** A verb of typing: right before the number, right behind it, or at the end of the line above. */
function typedAfter({ alone, before, after }: Placed): Near | undefined {
  const verb = (reach: number) => (word: Near) =>
    word.list === 'enter' && word.cut === 'sentence' && word.between.length <= reach;
  const above = (word: Near) => word.list === 'enter' && alone !== null && /^[\s:：]*$/u.test(word.between);
  const figures = before.some(({ list, cut }) => list === 'figures' && cut === 'sentence');
  return before.find(verb(figures ? 60 : 12)) ?? before.find(above) ?? after.find(verb(figures ? 60 : 6));
}

/** "Enter 1234": the verb stands right before the number, and is one of typing only. */
export function isTyped({ text, before }: Placed): boolean {
  const [verb] = before;
  if (verb?.list !== 'enter' || verb.cut !== 'sentence' || !/^[\s"'«“*]{1,3}$/.test(verb.between)) return false;
  return !/^(?:with|mit|using|use)$/i.test(text.slice(verb.start, verb.end));
}

/** Verbs of typing, and words about signing in, near the number. */
export function circumstances(placed: Placed): Evidence[] {
  const { alone, before, after } = placed;
  const found: Evidence[] = [];
  const typed = typedAfter(placed);
  if (typed) found.push({ score: typed.between.length <= 2 ? 2 : 1.5, reason: 'a verb of typing' });
  const atHand = alone !== null || (typed !== undefined && typed.between.length <= 2);
  const close = (wanted: CodeWordList) => {
    const isNear = ({ list, cut }: Near) => list === wanted && (cut === 'sentence' || (atHand && cut === 'line'));
    return before.some(isNear) || after.some(isNear);
  };
  if (close('signin')) found.push({ score: 1.5, reason: 'said to be for signing in' });
  else if (close('context')) found.push({ score: 1, reason: 'said to be secret or to end soon' });
  const elsewhere = ({ list, cut }: Near) => list === 'setting' && (cut === 'sentence' || cut === 'line');
  if (before.some(elsewhere) || after.some(elsewhere)) found.push({ score: -5, reason: 'said to open something else' });
  return found;
}

/** Words about signing in within reach of the number. */
function isSaidToSignIn({ before, after }: Placed): boolean {
  return before.some(({ list }) => list === 'signin') || after.some(({ list }) => list === 'signin');
}

/** A message about a parcel, a ticket or a meeting has codes of its own: what signs in is called so, or said to do so. */
export function opensElsewhere(placed: Placed, named: Label | null, from: number): Evidence | null {
  if (named?.list === 'strong' || isSaidToSignIn(placed)) return null;
  const { text, candidate } = placed;
  const later = from > candidate.end && /[\n.!?。！？]/.test(text.slice(candidate.end, from));
  return { score: later ? LATER : ELSEWHERE, reason: 'a message about something else' };
}

/**
 * Letters are words far oftener than codes, so a name has to be close: before them in the sentence, or as a line that
 * ends in a colon above. A code of letters and digits needs a name, and none of a sale beside it.
 */
export function lettersNeedMore(placed: Placed, named: Evidence | null, isWord: boolean): Evidence | null {
  const { candidate, text, alone, before, after } = placed;
  const { shape, start, code } = candidate;
  if (shape !== 'letters' && shape !== 'mixed' && shape !== 'dashed') return null;
  const sells = ({ list, cut }: Near) => (list === 'sale' || list === 'buy') && (cut === 'sentence' || cut === 'line');
  if (before.some(sells) || after.some(sells)) return { score: -5, reason: 'words of a sale beside it' };
  if (shape !== 'letters')
    return named || (alone && typedAfter(placed)) ? null : { score: -3, reason: 'letters without a name' };
  const colon = /[:：]\s{0,40}$/u.test(text.slice(Math.max(0, start - 41), start));
  const introduced = before.some(
    ({ list, cut, between }) =>
      list in LABEL_SCORE &&
      ((cut === 'sentence' && /\p{Ll}|[^\p{L}\s]/u.test(between) && between.length <= 10 && LEADS_ON.test(between)) ||
        (alone && colon && cut === 'line')),
  );
  return introduced && !isWord && !text.includes(code.toLowerCase()) ? null : { score: NEVER, reason: 'a word' };
}
