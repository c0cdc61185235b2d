import { CUT, type MessageText } from './message-parts.ts';

/** How a candidate is written. */
export type Shape = 'digits' | 'grouped' | 'spaced' | 'prefixed' | 'mixed' | 'dashed' | 'letters';

/** A whole token of the text that could be a code. */
export interface Candidate {
  /** The characters a site expects to be typed. */
  code: string;
  shape: Shape;
  start: number;
  end: number;
}

/** Looked at: so many from the beginning and so many from the end of the text. */
const MAX_CANDIDATES = 60;
const MIN_LENGTH = 4;
const MAX_LENGTH = 10;
const MIN_DASHED = 7;
const MAX_DASHED = 14;

/** Text between two numbers that makes them one thing: a time, a date, a price, an address of four numbers. */
const HARD = /^[.:/'’,]$|^[.,]-$/;
const UNIT_OF_TIME = /^\s?(?:分|min|мин|dk|phút|minut)/i;
/** A blank, or no more than a dash between blanks, as between single digits in boxes. */
const BLANK = /^[^\S\r\n]$/;
const BOX = /^(?:[\s\u00a0]{1,3}|[\s\u00a0]?[-–·][\s\u00a0]?)$/;

const CUT_BEFORE = new RegExp(`${CUT.slice(-1)}.?$`);
const CUT_BEHIND = new RegExp(`^.?${CUT.slice(0, 1)}`);

interface Token {
  text: string;
  start: number;
  end: number;
}

const isDigits = (text: string): boolean => /^[0-9]+$/.test(text);

/** Addresses of pages and mails are blanked: a number in them is theirs. The last line of WebOTP is read elsewhere. */
function blankAddresses({ text, links }: MessageText): string {
  let out = '';
  let from = 0;
  for (const link of links) {
    if (link.shown || link.start < from) continue;
    out += text.slice(from, link.start) + '\u0001'.repeat(link.end - link.start);
    from = link.end;
  }
  out += text.slice(from);
  const blank = (found: string) => '\u0001'.repeat(found.length);
  return out
    .replace(/(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}/g, blank)
    .replace(/(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12}\/[^\s<>"']{0,500}/gi, blank);
}

/** A word goes on before or behind: a letter with an accent, one underscore (two are emphasis), or what was cut off. */
function goesOn(text: string, start: number, end: number): boolean {
  const around = text.charAt(start - 1) + text.charAt(end);
  if (CUT_BEFORE.test(text.slice(Math.max(0, start - 2), start)) || CUT_BEHIND.test(text.slice(end, end + 2)))
    return true;
  return /[\u00c0-\u024f\u1e00-\u1eff]/.test(around) || (around.includes('_') && around !== '__');
}

/** Letters and digits that belong together, dashed parts included. One that is no whole word, or endless, is left empty. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { 0: token, index: start } of text.matchAll(/[A-Za-z0-9]+(?:[-‑–][A-Za-z0-9]+)*/g)) {
    if (!/[0-9]|^[A-Z]{4}/.test(token)) continue;
    const end = start + token.length;
    tokens.push({ text: token.length > 64 || goesOn(text, start, end) ? '' : token, start, end });
  }
  return tokens;
}

/** Two to five equal groups of digits: 123-456, 12-34-56. Three and four are the end of a telephone number. */
function groupsOf(parts: string[]): string | null {
  const length = parts[0]?.length ?? 0;
  const code = parts.join('');
  const equal = parts.length >= 2 && parts.every((part) => isDigits(part) && part.length === length);
  if (!equal || code.length < MIN_LENGTH || code.length > MAX_LENGTH) return null;
  // 2019-2027
  if (parts.every((part) => /^(?:19|20)\d\d$/.test(part))) return null;
  // Two pairs are the end of a telephone number; more than three groups are no code.
  if ((length > 1 && parts.length > 3) || (length === 2 && parts.length < 3)) return null;
  return code;
}

function shapeOf(token: string): { code: string; shape: Shape } | null {
  const parts = /[-‑–]/.test(token) ? token.split(/[-‑–]/) : [token];
  if (parts.length === 1) {
    if (token.length < MIN_LENGTH || token.length > MAX_LENGTH) return null;
    if (isDigits(token)) return { code: token, shape: 'digits' };
    const hasDigit = /[0-9]/.test(token);
    if (/^[A-Z]+$/.test(token) && token.length <= 8) return { code: token, shape: 'letters' };
    // 18h30, 15th, 250ml, V2, Room12, 3rd: letters at one end, in lower case.
    if (!hasDigit || /^(?:[0-9]{1,4}[a-z]{1,3}|[A-Za-z]?[a-z]+[0-9]{1,4}|[0-9]{1,2}[hH][0-9]{2})$/.test(token))
      return null;
    // OTP123456: the blank is missing, and no rule says where.
    if (/^(?:otp|code|pin|tan|kod|ref|no|nr|id)[0-9]+$/i.test(token)) return null;
    return /^(?!X{2})(?:[A-Z0-9]+|[a-z0-9]+)$/.test(token) ? { code: token, shape: 'mixed' } : null;
  }
  const grouped = groupsOf(parts);
  if (grouped) return { code: grouped, shape: 'grouped' };
  const [first = '', second = ''] = parts;
  if (parts.length === 2 && /^[A-Z]{1,3}$/.test(first) && /^[0-9]{4,8}$/.test(second)) {
    return { code: second, shape: 'prefixed' };
  }
  const equal = parts.every((part) => part.length === first.length && /^[A-Z0-9]{2,5}$/.test(part));
  if (equal && parts.length <= 3 && token.length >= MIN_DASHED && token.length <= MAX_DASHED && /[A-Z]/.test(token)) {
    return { code: parts.join('-'), shape: 'dashed' };
  }
  return null;
}

/** Neighbouring numbers: which of them are codes, which are one code in groups, and which are something else together. */
function readRun(text: string, run: Token[]): Candidate[] {
  const first = run[0];
  const last = run.at(-1);
  if (!first || !last) return [];
  const whole = (code: string, shape: Shape): Candidate[] => [{ code, shape, start: first.start, end: last.end }];
  const parts = run.map((token) => token.text);
  const before = text.charAt(first.start - 1);
  if (run.length > 1) {
    const digits = parts.join('').length;
    if (before === '+' || before === '(') return [];
    const code = groupsOf(parts);
    if (code && parts[0]?.length === 1) return whole(code, 'spaced');
    if (code && run.length <= 3 && (run.length === 2 || parts[0]?.length === 2)) return whole(code, 'grouped');
    // A telephone, card or account number, or a number with thousands set apart.
    if (parts.every((part) => part.length <= 3) || (run.length > 2 && parts.every((part) => part.length <= 4)))
      return [];
    if (parts[0]?.startsWith('0') && digits >= 9 && digits <= 12) return [];
  }
  return run.flatMap(({ text: token, start, end }) => {
    const found = shapeOf(token);
    return found ? [{ ...found, start, end }] : [];
  });
}

/** 7F2A.0091: a point or a stroke joins what holds digits to one thing. */
function isJoined(left: Token, right: Token, gap: string): boolean {
  return /^[./]$/.test(gap) && /[0-9]/.test(left.text) && /[0-9]/.test(right.text);
}

/** Whether a comma between two numbers ends a sentence: 550917,5分钟内有效. */
function endsBeforeComma(text: string, left: Token, right: Token): boolean {
  return left.text.length >= 5 && isDigits(right.text) && UNIT_OF_TIME.test(text.slice(right.end, right.end + 8));
}

/** Every token of a message that could be a code, in order. Linear in the text. */
export function findCandidates(message: MessageText): Candidate[] {
  const text = blankAddresses(message);
  const tokens = tokensOf(text);
  const found: Candidate[] = [];
  let run: Token[] = [];
  let spoiled = false;
  const close = () => {
    if (!spoiled) found.push(...readRun(text, run));
    run = [];
    spoiled = false;
  };
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1];
    const gap = previous ? text.slice(previous.end, Math.min(token.start, previous.end + 4)) : '';
    const touching = previous !== undefined && token.start - previous.end < 4;
    const numbers = touching && isDigits(token.text.slice(0, 1)) && /[0-9]/.test(previous.text.slice(-1));
    const hard = numbers && HARD.test(gap) && !endsBeforeComma(text, previous, token);
    if (touching && (hard || isJoined(previous, token, gap))) {
      // The number before is part of this, the ones before that with a blank between are not.
      const spoiledPart = run.pop();
      if (!spoiled) {
        found.push(...readRun(text, run));
        run = spoiledPart ? [spoiledPart] : [];
      }
      spoiled = true;
      run.push(token);
      continue;
    }
    if (touching && (token.text === '' || previous.text === '') && BLANK.test(gap)) {
      spoiled = true;
      run.push(token);
      continue;
    }
    const both = touching && isDigits(token.text) && isDigits(previous.text) && !spoiled;
    const single = both && token.text.length === 1 && previous.text.length === 1;
    if (both && (BLANK.test(gap) || (single && BOX.test(gap)))) {
      run.push(token);
      continue;
    }
    close();
    run.push(token);
  }
  close();
  if (found.length <= 2 * MAX_CANDIDATES) return found;
  return [...found.slice(0, MAX_CANDIDATES), ...found.slice(-MAX_CANDIDATES)];
}
