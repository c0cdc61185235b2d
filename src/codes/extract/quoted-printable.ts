/** What only a quoted-printable body holds; `=20` or `=0A` inside an address is no sign of it. */
const ENCODED = /=\r?\n|=20$|(?<![?&][\w.-]{1,40})=0[AD](?![\w-]{6})|=[CE][0-9A-F]=[89AB][0-9A-F]|=3D["']/m;

/** Decodes a body that was handed on with its transfer encoding; any other text is returned as it is. */
export function decodeQuotedPrintable(text: string): string {
  if (!ENCODED.test(text)) return text;
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll('=', ''), 'hex').toString('utf8'));
}
