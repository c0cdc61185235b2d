/** Markup that is safe to send: made only by `html`, which escapes what is put in, or by `raw`. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | null | undefined | false | readonly Html[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function textOf(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map((part) => part.text).join('');
  return String(piece).replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** A template whose values are escaped; nested markup is kept, `null`, `undefined` and `false` vanish. */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(strings.reduce((text, part, index) => text + textOf(pieces[index - 1]) + part));
}

/** Markup of our own that needs no escaping, such as a stylesheet. */
export function raw(text: string): Html {
  return new Html(text);
}

/** A script that runs `client` in the page with `settings`; the function must need nothing from its module. */
export function script<S>(client: (settings: S) => void, settings: S): Html {
  const argument = JSON.stringify(settings).replaceAll('<', '\\u003c');
  return raw(`<script>(${client.toString()})(${argument});</script>`);
}
