import type { DocumentCopy, ElementCopy, PageCopy } from '../login/page-copy.ts';
import { NeutralText } from './neutral-text.ts';

/** The artifact that a copy becomes. */
export const PAGE_FILE = 'page.html';
/** A copy that makes more is left out whole. */
const MAX_BYTES = 2_000_000;

/** What must not stay in the texts of a page. */
export interface PageSecrets {
  /** Takes secrets out of a text, in every encoding. */
  scrub(text: string): string;
  /** The account's name. */
  username: string | null;
}

const NEVER = /^(script|style|link|meta|base|template|object|embed|noscript)$/;
const EMPTY = /^(input|img|br|hr|wbr|col|area)$/;
/** Attributes that recognition rests on, whose words come from a list: such a word is no text of the site's. */
const LISTED =
  /^(type|autocomplete|role|inputmode|maxlength|method|dir|aria-(invalid|live|disabled|required|expanded|modal))$/;
const KNOWN_WORDS = new Set(
  `text password email tel number url search submit button reset image checkbox radio date time color range file hidden
  get post dialog ltr rtl auto on off true false polite assertive numeric decimal none
  username current-password new-password one-time-code webauthn name given-name family-name nickname organization
  street-address postal-code country bday home work shipping billing
  alert alertdialog link heading form status menuitem navigation main banner textbox combobox listbox presentation`.split(
    /\s+/,
  ),
);

/** Whether a value is made of words of that list, or is a small number. */
function isListed(name: string, value: string): boolean {
  return LISTED.test(name) && value.split(' ').every((word) => KNOWN_WORDS.has(word) || /^\d{1,3}$/.test(word));
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? '&quot;');

/**
 * A page of its own made of a copy: no script, no style sheet, no value of a field, no address' query. Secrets are
 * taken out text by text before the markup is put around them, so a password named like a tag breaks nothing; whom the page
 * speaks of gets stand-ins. Null when it cannot be made small enough.
 */
export function pageFile(bytes: Uint8Array, { scrub, username }: PageSecrets): string | null {
  const copy = JSON.parse(Buffer.from(bytes).toString('utf8')) as PageCopy;
  const neutral = new NeutralText(username);
  const clean = (text: string): string => escaped(neutral.of(scrub(text)));
  const written = page(copy.document, { clean, seen: `${copy.seen.kind} ${copy.seen.roles.join(' ')}`.trim() });
  return Buffer.byteLength(written) <= MAX_BYTES ? written : null;
}

interface Writing {
  /** A text without what must not stay in it, escaped. */
  clean(text: string): string;
  /** What one look saw on the page, for the main document. */
  seen?: string;
}

function page({ title, lang, dir, body }: DocumentCopy, writing: Writing): string {
  const { clean, seen } = writing;
  const head = [
    '<meta charset="utf-8">',
    ...(seen === undefined ? [] : [`<meta name="keyturn-seen" content="${escaped(seen)}">`]),
    `<title>${clean(title)}</title>`,
  ];
  const about = attribute('lang', lang, clean) + attribute('dir', dir, clean);
  return `<!doctype html><html${about}><head>${head.join('')}</head>${element(body, { clean })}</html>`;
}

function attribute(name: string, value: string, clean: Writing['clean']): string {
  if (!/^[a-z][a-z-]*$/.test(name) || (name.startsWith('on') && value !== '')) return '';
  if (value === '' && (name === 'lang' || name === 'dir')) return '';
  return ` ${name}="${isListed(name, value) ? value : clean(value)}"`;
}

function element(copy: ElementCopy, writing: Writing): string {
  const { tag, attributes, size } = copy;
  if (!/^[a-z][a-z0-9-]*$/.test(tag) || NEVER.test(tag)) return '';
  const { clean } = writing;
  const opening = [
    `<${tag}`,
    ...Object.entries(attributes).map(([name, value]) => attribute(name, String(value), clean)),
    copy.hidden ? ' hidden' : '',
    size ? ` style="display:inline-block;width:${Number(size[0])}px;height:${Number(size[1])}px"` : '',
    copy.document ? ` srcdoc="${escaped(page(copy.document, { clean }))}"` : '',
    '>',
  ].join('');
  if (EMPTY.test(tag)) return opening;
  const shadow = copy.shadow
    ? `<template shadowrootmode="open">${copy.shadow.map((child) => node(child, writing)).join('')}</template>`
    : '';
  return `${opening}${shadow}${copy.children.map((child) => node(child, writing)).join('')}</${tag}>`;
}

function node(child: ElementCopy | string, writing: Writing): string {
  return typeof child === 'string' ? writing.clean(child) : element(child, writing);
}
