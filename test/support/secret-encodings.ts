/** Text of any bytes, one character a byte: searched without fear of broken UTF-8. */
export type ByteText = string;

export function byteText(value: string | Uint8Array): ByteText {
  return Buffer.from(value as string).toString('latin1');
}

export interface Pattern {
  encoding: string;
  text: ByteText;
}

/** Base64 of a value wherever it lies in the encoded bytes, without the characters its neighbours have a part in. */
function base64Patterns(bytes: Buffer): Pattern[] {
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const text = whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_');
    const standard = { encoding: `base64+${shift}`, text };
    return urlSafe === text ? [standard] : [standard, { encoding: `base64url+${shift}`, text: urlSafe }];
  });
}

function bytePatterns(bytes: Buffer, prefix = ''): Pattern[] {
  const hex = bytes.toString('hex');
  const found = [
    { encoding: 'raw', text: bytes.toString('latin1') },
    ...base64Patterns(bytes),
    { encoding: 'hex', text: hex },
    { encoding: 'HEX', text: hex.toUpperCase() },
  ];
  return found.map(({ encoding, text }) => ({ encoding: prefix + encoding, text }));
}

/** Encodings of a value that stand in a text as they are. Escapes are undone in the text instead: see `views`. */
export function patternsOf(value: string): Pattern[] {
  return [
    ...bytePatterns(Buffer.from(value)),
    { encoding: 'utf16', text: Buffer.from(value, 'utf16le').toString('latin1') },
    ...misreadPatterns(value),
  ];
}

/** What is left of it on a page of another character set: one byte a letter, two letters for one, or none. */
function misreadPatterns(value: string): Pattern[] {
  const inLatin1 = Buffer.from(value, 'latin1');
  const others = [...value].filter((letter) => letter > '\x7f').length;
  if (others === 0) return [];
  const wrong = new TextDecoder('windows-1252').decode(Buffer.from(value));
  return [
    ...(inLatin1.toString('latin1') === value ? [{ encoding: 'latin1', text: inLatin1.toString('latin1') }] : []),
    { encoding: 'misread', text: byteText(wrong) },
    ...([...value].length - others >= 6
      ? [
          {
            encoding: 'replaced',
            text: byteText([...value].map((letter) => (letter > '\x7f' ? '\ufffd' : letter)).join('')),
          },
        ]
      : []),
  ];
}

/** The value as it is commonly escaped, for places where the text cannot be unescaped first. */
export function escapedPatternsOf(value: string): Pattern[] {
  const url = encodeURIComponent(value);
  return [
    { encoding: 'url', text: url },
    { encoding: 'form', text: new URLSearchParams({ v: value }).toString().slice(2) },
    { encoding: 'json', text: byteText(JSON.stringify(value).slice(1, -1)) },
  ];
}

function base32Bytes(seed: string): Buffer {
  const bits = [...seed].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const octets = bits.join('').match(/[01]{8}/g) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
}

/** A seed also as people write it, and as the key bytes it stands for. */
export function seedPatternsOf(value: string): Pattern[] {
  const written = value.startsWith('otpauth://') ? (new URL(value).searchParams.get('secret') ?? '') : value;
  const seed = written.toUpperCase().replace(/[^A-Z2-7]/g, '');
  const groups = seed.match(/.{1,4}/g)?.join(' ') ?? '';
  return [
    ...patternsOf(seed),
    { encoding: 'grouped', text: groups },
    { encoding: 'grouped lower', text: groups.toLowerCase() },
    ...patternsOf(seed.toLowerCase()).map(({ encoding, text }) => ({ encoding: `lower ${encoding}`, text })),
    ...bytePatterns(base32Bytes(seed), 'key '),
  ];
}

function unicodeEscapes(run: string): ByteText {
  const units = run.match(/[0-9a-fA-F]{4}/g) ?? [];
  return byteText(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))));
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\xa0' };
const CONTROL: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const UNDO: Record<string, (text: ByteText) => ByteText> = {
  url: (text) =>
    text.replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  form: (text) => UNDO.url?.(text.replaceAll('+', ' ')) ?? text,
  json: (text) =>
    text.replace(/(?:\\u[0-9a-fA-F]{4})+|\\(["\\/'bfnrt])/g, (all, single: string | undefined) =>
      single ? (CONTROL[single] ?? single) : unicodeEscapes(all),
    ),
  html: (text) =>
    text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (all, decimal, hex, name) => {
      if (name) return NAMED[name] ?? all;
      const point = decimal ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= 0x10ffff ? byteText(String.fromCodePoint(point)) : all;
    }),
};

/** The text itself, and with one and two layers of escapes undone (JSON in JSON, a URL in JSON …). */
export function* views(text: ByteText, name = '', depth = 2): Generator<{ name: string; text: ByteText }> {
  yield { name, text };
  if (depth === 0) return;
  for (const [layer, undo] of Object.entries(UNDO)) {
    const undone = undo(text);
    if (undone !== text) yield* views(undone, name ? `${name} ${layer}` : layer, depth - 1);
  }
}

/** What every base64 text of eight characters or more decodes to, one a line. */
export function decodedBase64(text: ByteText): ByteText {
  const runs = text.match(/[A-Za-z0-9+/_-]{8,}/g) ?? [];
  return runs.map((run) => Buffer.from(run, 'base64').toString('latin1')).join('\n');
}
