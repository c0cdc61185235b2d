import { plainDigits } from '../plain-digits.ts';
import { readHtml } from './html-text.ts';
import { CUT, type MessageLink, type MessageText } from './message-parts.ts';
import { decodeQuotedPrintable } from './quoted-printable.ts';

/** Text looked at: so much from the beginning and so much from the end. */
const MAX_TEXT = 16_000;
const MAX_LINKS = 300;
const MAX_ADDRESS = 2_048;
/** Stands for `<` where it is no tag: a sign for private use, which no message holds. */
const BRACKET = '\ue000';

const MARKUP =
  /<(?:!doctype|\/?(?:html|body|head|div|p|br|table|td|tr|th|span|a|b|strong|em|h[1-6]|center|font|ul|ol|li|dl|pre|img|section|main|style))[\s/>]/i;
/** Zero-width and direction marks, soft hyphens: nothing to see, and used to take words apart. */
const INVISIBLE = /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\ufe0f/g;
/** Beginning and end of a text that is too long, with what lies in them moved along. */
function clip({ text, looks, links }: MessageText): MessageText {
  if (text.length <= 2 * MAX_TEXT) return { text, looks, links };
  const shift = text.length - 2 * MAX_TEXT - CUT.length;
  const move = <T extends { start: number; end: number }>(all: T[]): T[] =>
    all.flatMap((one) => {
      if (one.end <= MAX_TEXT) return [one];
      return one.start - shift > MAX_TEXT ? [{ ...one, start: one.start - shift, end: one.end - shift }] : [];
    });
  return { text: text.slice(0, MAX_TEXT) + CUT + text.slice(-MAX_TEXT), looks: move(looks), links: move(links) };
}

/** Invisible signs out, digits to ASCII; places of looks and links are kept right. */
function tidy({ text, looks, links }: MessageText): MessageText {
  const gone: number[] = [];
  const kept = text.replace(INVISIBLE, (_sign, at: number) => {
    gone.push(at);
    return '';
  });
  let before = 0;
  const moved = <T extends { start: number; end: number }>(all: T[]): T[] => {
    before = 0;
    return all.map((one) => ({ ...one, start: one.start - goneBefore(one.start), end: one.end - goneBefore(one.end) }));
  };
  // Starts come in order and ends hardly ever go back, so the count moves a few steps at a time.
  const goneBefore = (place: number): number => {
    while (before < gone.length && (gone[before] ?? 0) < place) before++;
    while (before > 0 && (gone[before - 1] ?? 0) >= place) before--;
    return before;
  };
  const plain = plainDigits(kept).replace(/\r\n?|[\u2028\u2029\u0085\v\f]/g, (end) => (end === '\r\n' ? ' \n' : '\n'));
  return gone.length === 0 ? { text: plain, looks, links } : { text: plain, looks: moved(looks), links: moved(links) };
}

/** Where an address that begins at `at` ends: at a blank, a quote, a bracket or a letter of another script. */
function endOfAddress(text: string, at: number): number {
  const address = /[^\s<>"'`\\^{}|\u0100-\uffff]*/y;
  address.lastIndex = at;
  const end = at + (address.exec(text.slice(0, at + MAX_ADDRESS))?.[0].length ?? 0);
  // A star or underscore ends it only where one began it (emphasis in plain text): tokens may end in one.
  const emphasis = /[*_]/.test(text.charAt(at - 1));
  const trail = (emphasis ? /[.,;:!?)\]*_]+$/ : /[.,;:!?)\]*]+$/).exec(text.slice(Math.max(at, end - 20), end));
  return end - (trail?.[0].length ?? 0);
}

/** Addresses written out in the text. */
function writtenLinks(text: string): MessageLink[] {
  const links: MessageLink[] = [];
  const scheme = /https?:\/\//gi;
  for (let found = scheme.exec(text); found && links.length < MAX_LINKS; found = scheme.exec(text)) {
    const end = endOfAddress(text, found.index);
    if (end > scheme.lastIndex)
      links.push({ href: text.slice(found.index, end), start: found.index, end, shown: false });
    scheme.lastIndex = Math.max(end, scheme.lastIndex);
  }
  return links;
}

function readPlain(content: string): MessageText {
  const { text, looks, links } = clip({ text: content, looks: [], links: [] });
  const decoded = decodeQuotedPrintable(text).normalize('NFC');
  // Entities are left in plain text by bad converters. A bracket is no tag here, so none is shown to the reader of tags.
  if (!/&[#\w]/.test(decoded)) return { text: decoded, looks, links };
  return { text: readHtml(`<pre>${decoded.replaceAll('<', BRACKET)}`).text.replaceAll(BRACKET, '<'), looks, links };
}

/** The text of a mail or short message, HTML or plain, with its links. Work is bounded whatever the length. */
export function readMessage(content: string): MessageText {
  const read = tidy(clip(MARKUP.test(content) ? readHtml(content) : readPlain(content)));
  return { ...read, links: [...read.links, ...writtenLinks(read.text)] };
}
