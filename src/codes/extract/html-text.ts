import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { LOOK, lookOfStyle, looksOfSheet } from './css-style.ts';
import { CUT, type Look, type MessageLink, type MessageText } from './message-parts.ts';
import { decodeQuotedPrintable } from './quoted-printable.ts';

/** Markup looked at, style sheets and comments not counted: so much from the beginning and so much from the end. */
const MAX_MARKUP = 60_000;
const MAX_SHEET = 50_000;
const MAX_DEPTH = 400;
/** How far up an end tag may look for its beginning. */
const MAX_LOOK_UP = 30;
const MAX_LINKS = 300;

const words = (text: string) => new Set(text.split(' '));
const BLOCKS = words(
  'address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody tfoot thead tr ul br option',
);
const VOID = words('area base br col embed hr img input link meta source track wbr');
const UNSEEN = words('head title script style template textarea select noframes object');
const LOOKS: Record<string, number> = {
  b: LOOK.bold,
  strong: LOOK.bold,
  th: LOOK.bold,
  mark: LOOK.bold,
  code: LOOK.bold,
  kbd: LOOK.bold,
  big: LOOK.large,
  blockquote: LOOK.quoted,
  h1: LOOK.heading,
  h2: LOOK.heading,
  h3: LOOK.heading,
  h4: LOOK.heading,
};

interface Element {
  name: string;
  look: number;
  link: MessageLink | null;
}

const CLOSING: Record<string, RegExp> = {
  style: /<\/style\s{0,9}>/gi,
  script: /<\/script\s{0,9}>/gi,
  template: /<\/template\s{0,9}>/gi,
  comment: /-->/g,
};

/** Takes style sheets, scripts and comments out, since they are most of a long mail and none of what is read. */
function withoutSheets(html: string): { markup: string; sheet: string } {
  const kept: string[] = [];
  const opening = /<(style|script|template)\b|<!--/gi;
  let sheet = '';
  let from = 0;
  for (let found = opening.exec(html); found; found = opening.exec(html)) {
    kept.push(html.slice(from, found.index));
    const name = found[1]?.toLowerCase();
    const closing = CLOSING[name ?? 'comment'] ?? /$/g;
    closing.lastIndex = found.index + (name ? 0 : 2);
    const end = closing.exec(html);
    if (name === 'style' && end && sheet.length < MAX_SHEET) {
      const start = html.indexOf('>', found.index) + 1;
      sheet += html.slice(start, Math.min(end.index, start + MAX_SHEET));
    }
    from = end ? closing.lastIndex : html.length;
    opening.lastIndex = from;
  }
  kept.push(html.slice(from));
  const markup = kept.join(' ');
  if (markup.length <= 2 * MAX_MARKUP) return { markup, sheet };
  const head = markup.slice(0, MAX_MARKUP);
  const tail = markup.slice(-MAX_MARKUP);
  return { markup: head.slice(0, head.lastIndexOf('>') + 1) + CUT + tail.slice(Math.max(0, tail.indexOf('<'))), sheet };
}

/** Reads markup as a person sees it: hidden text left out, a line for every block, a tab between the cells of a row. */
class PageReader implements TokenizerCallbacks {
  readonly links: MessageLink[] = [];
  readonly looks: Look[] = [];
  #out: string[] = [];
  #length = 0;
  #gap = '';
  #stack: Element[] = [];
  #tooDeep = 0;
  #name = '';
  #attribute = '';
  #value = '';
  #attributes = new Map<string, string>();
  #markup: string;
  #sheetLooks: Map<string, number>;
  #styleLooks = new Map<string, number>();

  constructor(markup: string, sheet: string) {
    this.#markup = markup;
    this.#sheetLooks = looksOfSheet(sheet);
  }

  read(): MessageText {
    const tokenizer = new Tokenizer({ decodeEntities: true }, this);
    tokenizer.write(this.#markup);
    tokenizer.end();
    return { text: this.#out.join(''), looks: this.looks, links: this.links };
  }

  get #top(): Element | undefined {
    return this.#stack.at(-1);
  }

  #write(text: string): void {
    const look = this.#top?.look ?? 0;
    if (look & LOOK.hidden || text === '') return;
    const pre = this.#top?.name === 'pre';
    const composed = text.normalize('NFC');
    const plain = pre ? composed : composed.replace(/[ \t\r\n\f]+/g, ' ');
    if (plain === ' ') {
      this.#gap ||= ' ';
      return;
    }
    const piece = (this.#length > 0 ? this.#gap : '') + (this.#gap && !pre ? plain.trimStart() : plain);
    this.#gap = '';
    const start = this.#length + (piece.length - piece.trimStart().length);
    this.#out.push(piece);
    this.#length += piece.length;
    const link = this.#top?.link;
    if (link) {
      if (link.end === link.start) link.start = start;
      link.end = this.#length;
    }
    if (look) {
      const last = this.looks.at(-1);
      if (last?.look === look && start - last.end <= 1) last.end = this.#length;
      else this.looks.push({ start, end: this.#length, look });
    }
  }

  #space(gap: '\n' | '\t'): void {
    if (this.#gap !== '\n') this.#gap = gap;
  }

  #lookOf(name: string): number {
    const get = (key: string) => this.#attributes.get(key);
    let look = LOOKS[name] ?? 0;
    if (UNSEEN.has(name) || this.#attributes.has('hidden')) look |= LOOK.hidden;
    if (name === 'font' && /^\s*(?:\+[2-9]|[5-9])/.test(get('size') ?? '')) look |= LOOK.large;
    const style = get('style');
    if (style) {
      let known = this.#styleLooks.get(style);
      if (known === undefined) {
        known = lookOfStyle(style);
        this.#styleLooks.set(style, known);
      }
      look |= known;
    }
    if (this.#sheetLooks.size > 0) {
      for (const one of (get('class') ?? '').slice(0, 300).split(/\s+/)) look |= this.#sheetLooks.get(`.${one}`) ?? 0;
      look |= this.#sheetLooks.get(`#${get('id') ?? ''}`) ?? 0;
    }
    return look;
  }

  #open(): void {
    const name = this.#name;
    if (BLOCKS.has(name)) this.#space('\n');
    if (name === 'td' || name === 'th') this.#space('\t');
    if (name === 'img' && this.#top?.link) this.#write(` ${this.#attributes.get('alt')?.slice(0, 100) ?? ''} `);
    if (VOID.has(name)) return;
    if (this.#stack.length >= MAX_DEPTH) {
      this.#tooDeep++;
      return;
    }
    const parent = this.#top;
    const href = name === 'a' ? this.#attributes.get('href')?.trim() : undefined;
    const look = this.#lookOf(name) | (parent?.look ?? 0);
    let link = parent?.link ?? null;
    if (href && this.links.length < MAX_LINKS && !(look & LOOK.hidden)) {
      link = { href, start: this.#length, end: this.#length, shown: true };
      this.links.push(link);
    }
    this.#stack.push({ name, look, link });
  }

  onopentagname(start: number, end: number): void {
    this.#name = this.#markup.slice(start, Math.min(end, start + 20)).toLowerCase();
    this.#attributes.clear();
  }
  onattribname(start: number, end: number): void {
    this.#attribute = this.#markup.slice(start, Math.min(end, start + 20)).toLowerCase();
    this.#value = '';
  }
  onattribdata(start: number, end: number): void {
    this.#value += this.#markup.slice(start, end);
  }
  onattribentity(codepoint: number): void {
    this.#value += String.fromCodePoint(codepoint);
  }
  onattribend(): void {
    if (!this.#attributes.has(this.#attribute)) this.#attributes.set(this.#attribute, this.#value);
  }
  onopentagend(): void {
    this.#open();
  }
  onselfclosingtag(): void {
    this.#open();
  }
  onclosetag(start: number, end: number): void {
    const name = this.#markup.slice(start, Math.min(end, start + 20)).toLowerCase();
    if (BLOCKS.has(name)) this.#space('\n');
    if (this.#tooDeep > 0) {
      this.#tooDeep--;
      return;
    }
    const bottom = Math.max(0, this.#stack.length - MAX_LOOK_UP);
    for (let at = this.#stack.length - 1; at >= bottom; at--) {
      if (this.#stack[at]?.name !== name) continue;
      this.#stack.length = at;
      return;
    }
  }
  ontext(start: number, end: number): void {
    // A mail that is cut off in a tag: what was there of it is told as text, without the bracket before it.
    if (this.#markup[start - 1] === '<') this.#space('\n');
    this.#write(this.#markup.slice(start, end));
  }
  ontextentity(codepoint: number): void {
    this.#write(String.fromCodePoint(codepoint));
  }
  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}
}

/** The text of an HTML mail. Linear in its length, and never longer than the markup it looks at. */
export function readHtml(html: string): MessageText {
  const { markup, sheet } = withoutSheets(html);
  return new PageReader(decodeQuotedPrintable(markup), decodeQuotedPrintable(sheet)).read();
}
