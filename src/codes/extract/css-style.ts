/** What a style does to text: bits of `LOOK`. */
export const LOOK = { hidden: 1, bold: 2, large: 4, heading: 8, spaced: 16, quoted: 32 } as const;

const HIDES =
  /display:none|visibility:hidden|mso-hide:all|opacity:0(?:\.0+)?(?:;|!|$)|font-size:[01](?:\.\d+)?(?:px|pt|em|%)?(?:;|!|$)|max-height:0|text-indent:-\d{3,}|(?:left|top):-\d{4,}|(?:^|;)color:transparent/;
const CLIPPED = /(?:^|;)(?:height|width):0(?:px)?(?:;|!|$)/;
const SIZE = /font-size:(\d{1,4}(?:\.\d{1,4})?)(px|pt|em|rem|%)|font:[^;]{0,40}?(\d{2,3})(px|pt)/;
const LARGE: Record<string, number> = { px: 20, pt: 15, em: 1.4, rem: 1.4, '%': 140 };
const COLOR = /(?:^|;)color:([^;!]{1,30})/;
const BACKGROUND = /background(?:-color)?:([^;!]{1,30})/;
const MAX_STYLE = 600;

function color(text: string | undefined): string | undefined {
  return text?.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3').replace(/^white$/, '#ffffff');
}

/** The look of a style attribute or rule. Text in the colour of its own background is hidden. */
export function lookOfStyle(style: string): number {
  const css = style.slice(0, MAX_STYLE).toLowerCase().replace(/\s+/g, '');
  const background = color(BACKGROUND.exec(css)?.[1]);
  if (HIDES.test(css) || (CLIPPED.test(css) && css.includes('overflow:hidden'))) return LOOK.hidden;
  if (background !== undefined && background === color(COLOR.exec(css)?.[1])) return LOOK.hidden;
  const [, size, unit = '', short, shortUnit = ''] = SIZE.exec(css) ?? [];
  const large = Number(size ?? short) >= (LARGE[unit || shortUnit] ?? Infinity);
  const bold = /font-weight:(?:bold|[6-9]00)/.test(css);
  const spaced = /letter-spacing:(?:0?\.[1-9]|[1-9])/.test(css);
  return (large ? LOOK.large : 0) | (bold ? LOOK.bold : 0) | (spaced ? LOOK.spaced : 0);
}

/** The looks of `.class` and `#id` rules of style sheets that hold for every reader, so not those inside `@media`. */
export function looksOfSheet(sheet: string): Map<string, number> {
  const looks = new Map<string, number>();
  let depth = 0;
  let start = 0;
  let selector = '';
  for (let at = 0; at < sheet.length; at++) {
    const sign = sheet[at];
    if (sign === '{') {
      if (depth++ === 0) selector = sheet.slice(start, at).trim();
      start = at + 1;
    } else if (sign === '}') {
      if (depth === 1 && !selector.startsWith('@')) {
        const look = lookOfStyle(sheet.slice(start, at));
        for (const one of look ? selector.split(',') : []) {
          const name = /^\s*\w{0,20}([.#][\w-]{1,80})\s*$/.exec(one)?.[1];
          if (name) looks.set(name, look);
        }
      }
      depth = Math.max(0, depth - 1);
      start = at + 1;
    }
  }
  return looks;
}
