/**
 * A text of at most `max` characters. The mark at its end tells whoever takes secrets out that one may be cut off there.
 */
export function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
