import { LINK_WORDS } from './link-words.ts';
import type { MessageLink, MessageText } from './message-parts.ts';
import { TOPIC_WORDS } from './topic-words.ts';
import { type FoundWord, WordIndex } from './word-index.ts';

export interface ScoredLink {
  href: string;
  score: number;
  reasons: string[];
}

const WORDS = { ...LINK_WORDS, sale: TOPIC_WORDS.sale };
type LinkWordList = keyof typeof WORDS;

const INDEX = new WordIndex<LinkWordList>(WORDS, {
  atBeginnings: ['signIn', 'confirm', 'magic', 'once', 'elsewhere', 'sale'],
});
const CERTAIN = 5;
const MARGIN = 1.5;
const MAX_LINKS = 200;
/** Words this far before a link are about it. */
const REACH = 200;
/** And these right behind a bare address. */
const BEHIND_REACH = 60;
/** And these far on either side say that it was asked for. */
const ASKED_REACH = 400;

const ADDRESS_SIGNS_IN =
  /log-?in|sign-?in|magic|passwordless|auth|verify|verif|confirm|approve|one-?time|once|otp|session|token|ticket|entrar|acced|acceso|accesso|connexion|anmeld|einlogg|inlog|zalog|giris|vhod/i;
const ADDRESS_ELSEWHERE =
  /unsub|opt-?out|opt-?in|prefer|prefs|privacy|help|support|terms|reset|forgot|recover|deny|reject|report|cancel|review|lock|news|survey|subscri|invite|abmelden|abbestell|desabon|desinscri|baja|uitschrij|wypis|otpis/i;

/** Capitals all over, as no word has them: random letters need not hold a digit. */
function isMixed(piece: string): boolean {
  return piece.length >= 16 && !/%/.test(piece) && (piece.match(/[a-z][A-Z]/g)?.length ?? 0) >= 3;
}

/** Parts of an address that no person would choose: long ones, or short ones that are as mixed as random signs are. */
type Secret = 'long' | 'short' | null;

/** Names of values that say where a click came from, and so are no secret. */
const OF_NO_ACCOUNT = /^(?:utm_\w+|lang|locale|hl|ref|src|source|campaign|v|ver|page|next|redirect|return\w*)=/i;

function secretOf(href: string): Secret {
  const rest = href.slice(0, 2_048).replace(/^https?:\/\/[^/?#]*/i, '');
  if (rest.split(SEPARATORS).some(isSecret)) return 'long';
  const pieces = rest.split(/[/?#&]/).filter((piece) => !OF_NO_ACCOUNT.test(piece));
  return pieces.some((piece) => OF_SECRET.test(piece) || piece.split(SEPARATORS).some(isShortSecret)) ? 'short' : null;
}

const SEPARATORS = /[/?#&=.:;]/;

function isSecret(piece: string): boolean {
  return (
    (piece.length >= 12 && /[0-9]/.test(piece) && /[a-z]/i.test(piece)) ||
    isMixed(piece) ||
    /^[0-9]{16,}$/.test(piece) ||
    piece.length >= 40
  );
}

/** Names of values that are secret whatever they are made of. */
const OF_SECRET = /^(?:token|key|code|auth|hash|sig|secret|otp|magic|[tksc])=[a-z]{6,}$/i;

/** Letters and digits in turn, or in both cases; no word with a number behind it or before it: v2, oauth2, 2025q4, 3days. */
function isShortSecret(piece: string): boolean {
  if (piece.length < 4 || !/^[\w%~-]+$/.test(piece)) return false;
  if (/^[0-9]{6,}$/.test(piece) || /^[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8})+$/.test(piece)) return true;
  const counted = /^(?:[a-z]+[-_]?[0-9]{1,4}|[0-9]{1,4}[-_]?[a-z]+|[A-Z][a-z]+[0-9]{1,4}|[0-9]{4}[a-z][0-9])$/.test(
    piece,
  );
  return !counted && /[0-9]/.test(piece) && /[a-z]/i.test(piece.replace(/%[0-9a-f]{2}/gi, ''));
}

/** An address without its secrets: what reads like a word in them is none. */
function wordsOfAddress(href: string): string {
  const address = href.replace(/^https?:\/\//i, '').slice(0, 500);
  return address
    .split(SEPARATORS)
    .filter((piece) => !isSecret(piece))
    .join('/');
}

/** Only addresses of pages; mailto:, tel:, app links and images are none. */
function isPage(href: string): boolean {
  return /^https?:\/\/[^\s]+$/i.test(href) && !/\.(?:png|gif|jpe?g|css|ico|svg|webp)(?:[?#]|$)/i.test(href);
}

class LinkReader {
  #text: string;
  #words: FoundWord<LinkWordList>[];
  #isMagic: boolean;

  constructor({ text }: MessageText) {
    this.#text = text;
    this.#words = INDEX.find(text);
    this.#isMagic = this.#words.some(({ list }) => list === 'magic');
  }

  #has(list: LinkWordList, start: number, end: number): boolean {
    let low = 0;
    let high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#words[middle]?.start ?? 0) >= start) high = middle;
      else low = middle + 1;
    }
    for (let i = low; i < this.#words.length; i++) {
      const word = this.#words[i];
      if (!word || word.end > end) return false;
      if (word.list === list) return true;
    }
    return false;
  }

  /** Whether something around a link says that it was asked for, or ends soon. */
  #isAskedFor(start: number, end: number): boolean {
    return this.#isMagic || this.#has('once', Math.max(0, start - ASKED_REACH), end + ASKED_REACH);
  }

  /** What is said of a bare address stands right behind it at times. */
  #endOfLine(place: number): number {
    const end = this.#text.indexOf('\n', place);
    return Math.min(end < 0 ? Infinity : end, place + BEHIND_REACH);
  }

  /** From the line above the link's line, or the link before it, to where the link begins. */
  #before(link: MessageLink, floor: number): number {
    let from = link.start;
    for (let lines = 0; lines < 2 && from > 0; ) {
      const line = this.#text.lastIndexOf('\n', from - 1);
      if (/\p{L}/u.test(this.#text.slice(Math.max(line + 1, from - REACH), from))) lines++;
      from = Math.max(0, line);
    }
    return Math.max(from, floor, link.start - REACH);
  }

  score(link: MessageLink, floor: number): ScoredLink {
    const reasons: string[] = [];
    let score = 0;
    const add = (points: number, reason: string) => {
      score += points;
      reasons.push(`${reason} ${points > 0 ? '+' : ''}${points}`);
    };
    const [start, end] = link.shown ? [link.start, link.end] : [link.start, link.start];
    const from = this.#before(link, floor);
    const address = wordsOfAddress(link.href);
    const secret = secretOf(link.href);
    const signsIn = ADDRESS_SIGNS_IN.test(address);
    if (signsIn) add(1, 'its address signs in');
    if (ADDRESS_ELSEWHERE.test(wordsOfAddress(link.href.replace(/^(https?:\/\/)[^/?#]*/i, '$1'))))
      add(-6, 'its address does something else');
    if (this.#has('elsewhere', start, end)) add(-10, 'its words do something else');
    else if (this.#has('signIn', start, end) || this.#has('magic', start, end)) add(3, 'its words sign in');
    else if (this.#has('confirm', start, end)) add(2, 'its words confirm');
    else if (link.shown && !/^\s*https?:/i.test(this.#text.slice(start, end))) add(-1, 'its words say neither');
    const inLine = link.shown ? this.#text.lastIndexOf('\n', Math.max(0, start - 1)) + 1 : from;
    if (this.#has('elsewhere', Math.max(inLine, from), link.start)) add(-5, 'words beside it do something else');
    const beside =
      (['signIn', 'magic', 'once'] as const).some((list) => this.#has(list, from, link.start)) ||
      (!link.shown && this.#has('signIn', link.end, this.#endOfLine(link.end)));
    if (beside) add(2, 'words beside it sign in');
    else if (this.#has('confirm', from, link.start)) add(1, 'words beside it confirm');
    const itself = ['signIn', 'magic'] as const;
    const named = beside || itself.some((list) => this.#has(list, start, end));
    const askedFor = this.#isAskedFor(start, end);
    if (secret === 'long') add(2, 'a secret in the address');
    else if (secret === 'short' && named && askedFor) add(2, 'a short secret in the address');
    else add(-10, 'no secret in the address');
    if (!this.#isMagic && this.#has('sale', Math.max(0, start - ASKED_REACH), end + ASKED_REACH))
      add(-3, 'words of a sale');
    if (this.#isMagic) add(1, 'a message about a link for a password');
    if (askedFor) add(1, 'a link that was asked for');
    else if (beside && !link.shown && /[:：]\s*<?$/u.test(this.#text.slice(Math.max(0, link.start - 20), link.start))) {
      add(1, 'the end of what is said about it');
    } else if (!signsIn) add(-2, 'nothing says it was asked for');
    return { href: link.href, score, reasons };
  }
}

/** Every address of a page in the message that could be a magic link, best first, each once. */
export function scoreLinks(message: MessageText): ScoredLink[] {
  if (message.links.length === 0) return [];
  const reader = new LinkReader(message);
  const best = new Map<string, ScoredLink>();
  let floor = 0;
  for (const link of message.links.slice(0, MAX_LINKS)) {
    if (isPage(link.href)) {
      const scored = reader.score(link, link.start >= floor ? floor : 0);
      if (scored.score > (best.get(link.href)?.score ?? -Infinity)) best.set(link.href, scored);
    }
    floor = link.end;
  }
  return [...best.values()].sort((a, b) => b.score - a.score);
}

/** The one link that signs in, or null when there is none or more than one. */
export function findLink(message: MessageText): ScoredLink | null {
  const [first, second] = scoreLinks(message);
  if (!first) return null;
  // Nothing but an address was handed in: that is what is meant.
  if (message.text.trim() === first.href) return secretOf(first.href) === 'long' ? first : null;
  if (first.score < CERTAIN || (second && second.score > first.score - MARGIN && second.score > 0)) return null;
  return first;
}
