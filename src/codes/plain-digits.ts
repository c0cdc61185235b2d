/** The zero of each other script's digits, full width among them; their nine follow it. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xff10,
];
const range = (first: number, count: number): string =>
  `${String.fromCharCode(first)}-${String.fromCharCode(first + count - 1)}`;
const OTHERS = new RegExp(
  `[${ZEROS.map((zero) => range(zero, 10)).join('')}${range(0xff21, 26)}${range(0xff41, 26)}]`,
  'g',
);

const PLAIN = new Map<string, string>([
  ...ZEROS.flatMap((zero) =>
    [...'0123456789'].map((digit, i): [string, string] => [String.fromCharCode(zero + i), digit]),
  ),
  ...[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map((letter): [string, string] => [
    String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
    letter,
  ]),
]);

/** ASCII digits for those of other scripts, and ASCII letters for full-width ones, each in its place. */
export function plainDigits(text: string): string {
  return text.replace(OTHERS, (sign) => PLAIN.get(sign) ?? sign);
}
