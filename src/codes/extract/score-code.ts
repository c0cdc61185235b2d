import type { Candidate, Shape } from './candidates.ts';
import type { CodeWordList } from './code-words.ts';
import { LOOK } from './css-style.ts';
import type { MessageText } from './message-parts.ts';
import {
  circumstances,
  type Evidence,
  isTyped,
  type Label,
  label,
  lettersNeedMore,
  NEVER,
  namedOtherwise,
  opensElsewhere,
  saidBehind,
} from './naming.ts';
import { type Placed, Surroundings } from './surroundings.ts';

export interface ScoredCode extends Candidate {
  score: number;
  /** In a message that was answered or passed on below this one. */
  quoted: boolean;
  reasons: string[];
}

/** So far from the beginning there is room for no more than a sender's name. */
const AT_BEGINNING = 16;
/** A text this long says one thing. */
const SHORT = 120;

const SHAPE_SCORE: Record<Shape, number> = {
  digits: 0,
  grouped: 1.5,
  spaced: 2,
  prefixed: 2,
  mixed: 1,
  dashed: 1,
  letters: -1,
};
const LENGTH_SCORE: Record<number, number> = { 4: 1, 5: 1.5, 6: 2, 7: 1.5, 8: 1.5, 9: 0, 10: 0 };

const NUMBERED = /(?:#|№|n[°ºo]\.?|no\.|nr\.?|num\.|(?<!番)号|號)\s?[:：]?\s?$/iu;
const PRICED =
  /(?:[$€£¥₩₽₺₹₪₫฿]|(?<![A-Z])(?:EUR|USD|GBP|CHF|PLN|INR|RS\.?|TL|AED|SAR|JPY|CNY|RMB|KRW|BRL|MXN|CAD|AUD|SEK|NOK|DKK|CZK|HUF|RON|UAH|RUB|VND|IDR|THB|HKD|TWD))\s?$/i;
/** Above a message that is passed on or answered: a line between dashes, or "On Tuesday Ann wrote:". */
const QUOTE =
  /^[ \t]{0,9}-{3,30}[^\n-]{3,60}-{3,30}[ \t]{0,9}$|^[^\n]{0,120}(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|napisała?|napisał\(a\)|napsala?|написала?|написав|пише|skrev|kirjoitti|írta|a scris|έγραψε|yazdı|כתב|كتب|نوشت|ने लिखा|đã viết|เขียนว่า|menulis|書きました|写道|寫道|작성)\s?[:：][ \t]{0,9}$/imu;
/** 12 May, 12. maj, 12 de mayo de, May 12, 5月 */
const DAY_AND_MONTH =
  /(?<!\d)\d{1,2}(?:\.|st|nd|rd|th|er)?\s(?:de\s)?\p{L}{3,12}\.?,?\s(?:de\s)?$|\p{L}{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,\s$/u;
const MASKED = /(?:[*•·…]-?|\.{2})$/;
const MASK_BEHIND = /^(?:[*•·…]{2}|\.{2,}\d)/;
const WRAPPED = /^(?:["'«»“”„「」『』【】[\]<>()*_`]{1,6})$/u;

function looks(near: Surroundings, { candidate, text, alone }: Placed): Evidence[] {
  const found: Evidence[] = [];
  const look = near.look(candidate.start, candidate.end);
  const wrapped = WRAPPED.test(text.charAt(candidate.start - 1)) && WRAPPED.test(text.charAt(candidate.end));
  const kinds = [LOOK.bold, LOOK.large, LOOK.heading, LOOK.spaced].filter((kind) => look & kind).length;
  if (alone) found.push({ score: 1.5, reason: alone === 'cell' ? 'a table cell of its own' : 'a line of its own' });
  if (kinds > 0 || wrapped) found.push({ score: Math.min(2, kinds + (wrapped ? 1 : 0)), reason: 'emphasised' });
  return found;
}

/** 04-02-27, in any order of day, month and year. */
function isDate(token: string): boolean {
  const [a = 99, b = 99, c = 99] = token.split(/[-‑– ]/).map(Number);
  return (
    /^\d\d[-‑– ]\d\d[-‑– ]\d\d$/.test(token) &&
    Math.min(a, b, c) >= 1 &&
    [a <= 12 && b <= 31, a <= 31 && b <= 12, b <= 12 && c <= 31].some(Boolean)
  );
}

function marks(text: string, { start, end, code, shape }: Candidate): Evidence[] {
  const before = text.slice(Math.max(0, start - 8), start);
  const lineStart = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const found: Evidence[] = [];
  if (PRICED.test(before)) found.push({ score: NEVER, reason: 'a price' });
  if (NUMBERED.test(before)) found.push({ score: -3, reason: 'a number sign before it' });
  const behind = text.slice(end, end + 3);
  if ((MASKED.test(before) && !/^[*_]/.test(behind)) || (MASK_BEHIND.test(behind) && !/[*_]$/.test(before))) {
    found.push({ score: NEVER, reason: 'the end of a masked number' });
  }
  if (/^\s?>/.test(text.slice(lineStart, lineStart + 2))) found.push({ score: NEVER, reason: 'in a quoted message' });
  if (shape === 'digits' && /^(?:19|20)\d\d$/.test(code)) {
    const dated = DAY_AND_MONTH.test(text.slice(Math.max(0, start - 24), start));
    found.push(dated ? { score: NEVER, reason: 'the year of a date' } : { score: -1, reason: 'could be a year' });
  }
  if (shape === 'grouped' && isDate(text.slice(start, end))) found.push({ score: -3, reason: 'could be a date' });
  if (/^[A-Z]{4,}[0-9]{1,3}$/.test(code)) found.push({ score: -4, reason: 'like a word of advertising' });
  if (/[+(]$/.test(before) && !/^\)/.test(text.slice(end)))
    found.push({ score: -3, reason: 'like a telephone number' });
  return found;
}

/** Four and four digits are a telephone number in some countries, so their grouping says nothing. */
function shapeScore({ shape, code }: Candidate): number {
  const grouping = shape === 'grouped' && code.length > 6 ? 0 : SHAPE_SCORE[shape];
  return grouping + (LENGTH_SCORE[code.length] ?? 0);
}

/** What the message as a whole says about a number in it. */
function wholeMessage(near: Surroundings, all: Placed[]): (placed: Placed, named: Label | null) => (Evidence | null)[] {
  const has = (...lists: CodeWordList[]) => near.words.some(({ list }) => lists.includes(list));
  const signsIn = has('signin');
  const about = signsIn || has('context');
  const elsewhere = near.words.find(({ list }) => list === 'topic' || list === 'setting' || list === 'sale');
  const isShort = near.text.length <= SHORT;
  const [alone, another] = all.filter((placed) => placed.alone);
  return (placed, named) => {
    const only = isShort && placed.others.length === 0;
    const inLine = signsIn && !elsewhere && alone === placed && !another;
    return [
      elsewhere ? opensElsewhere(placed, named, elsewhere.start) : null,
      about ? { score: 0.5, reason: 'a message about signing in' } : null,
      inLine ? { score: 1, reason: 'the only number in a line of its own' } : null,
      only && !elsewhere && isTyped(placed) ? { score: 1.5, reason: 'the only number, and to be typed' } : null,
      only && about && placed.candidate.start <= AT_BEGINNING
        ? { score: 1, reason: 'the only number of a short text' }
        : null,
    ];
  };
}

/** Scores every candidate by its shape, its place and the words around it. */
export function scoreCodes(message: MessageText, candidates: Candidate[]): ScoredCode[] {
  const near = new Surroundings(message);
  const { text } = near;
  const quote = QUOTE.exec(text)?.index ?? Infinity;
  const all = candidates.map((candidate, index) => {
    const around = candidates.slice(Math.max(0, index - 8), index + 9);
    return near.place(
      candidate,
      around.filter((other) => other.code !== candidate.code),
    );
  });
  const ofMessage = wholeMessage(near, all);
  return all.map((placed) => {
    const { candidate } = placed;
    const named = label(placed);
    const evidence = [
      { score: shapeScore(candidate), reason: candidate.shape },
      named,
      lettersNeedMore(placed, named, near.isWord(candidate)),
      ...circumstances(placed),
      ...looks(near, placed),
      ...marks(text, candidate),
      namedOtherwise(placed),
      saidBehind(placed),
      ...ofMessage(placed, named),
    ].filter((one) => one !== null);
    return {
      ...candidate,
      score: evidence.reduce((sum, one) => sum + one.score, 0),
      quoted: candidate.start > quote || (near.look(candidate.start, candidate.end) & LOOK.quoted) !== 0,
      reasons: evidence.map(({ score, reason }) => `${reason} ${score > 0 ? '+' : ''}${Math.round(score * 10) / 10}`),
    };
  });
}
