import { setImmediate as yieldOnce } from 'node:timers/promises';
import { valuePattern } from '../common-words.ts';
import { secretForms } from '../secret-forms.ts';

/** Shorter forms, and digits alone, stand in any text: they count as tokens of their own only. */
const SHORTEST = 6;

const UNDO: ((text: string) => string)[] = [
  (text) => text.replace(/(?:%[0-9a-f]{2})+/gi, (all) => Buffer.from(all.replaceAll('%', ''), 'hex').toString('utf8')),
  (text) =>
    text.replace(/\\(?:u([0-9a-f]{4})|(["\\/]))/gi, (_all, hex: string | undefined, sign: string) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : sign,
    ),
  (text) =>
    text.replace(/&#(\d{1,6});/g, (_all, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff))),
  (text) => (text.match(/[\w+/-]{12,}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('utf8')).join('\n'),
];

/**
 * Whether any text holds one of the values: as it is or with one layer of escapes or base64 undone, in any of its forms.
 * Unlike the scrubber it reads texts whole, so what that overlooked at a border is found here.
 */
export async function foundSecret(texts: readonly string[], values: readonly string[]): Promise<boolean> {
  const forms = [...new Set(values.flatMap(secretForms))].filter((form) => valuePattern(form) === null);
  const long = forms.filter((form) => form.length >= SHORTEST && !/^\d{1,8}$/.test(form));
  const tokens = forms
    .filter((form) => /^\d{6,8}$/.test(form))
    .map((form) => new RegExp(`(?<![\\w.])${form}(?![\\w.])`));
  for (const text of texts) {
    for (const view of [text, ...UNDO.map((undo) => undo(text))]) {
      if (long.some((form) => view.includes(form)) || tokens.some((token) => token.test(view))) return true;
      await yieldOnce();
    }
  }
  return false;
}
