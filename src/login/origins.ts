/** Letters that are read as others. */
const LOOKS_LIKE: readonly [RegExp, string][] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/[1l|]/g, 'i'],
  [/0/g, 'o'],
  [/5/g, 's'],
  [/[-_.]/g, ''],
];

const skeleton = (host: string): string =>
  LOOKS_LIKE.reduce((text, [letters, read]) => text.replace(letters, read), host.toLowerCase());

const hostOf = (origin: string): string => URL.parse(origin)?.hostname ?? '';

/** Whether two texts differ by at most one letter. */
function nearly(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  return restA.slice(1) === restB.slice(1) || restA === restB.slice(1) || restA.slice(1) === restB;
}

/**
 * Why an origin that is not allowed could be taken for one that is: a sentence, or null when it could not. Punycode
 * (RFC 3492) stands for letters that look like others; an allowed name inside another host is the oldest trick.
 */
export function lookAlike(origin: string, allowed: Iterable<string>): string | null {
  const host = hostOf(origin);
  for (const known of allowed) {
    const own = hostOf(known);
    if (host === '' || own === '' || host === own || !/[a-z]/i.test(own)) continue;
    if (host.split('.').some((label) => label.startsWith('xn--')) && !own.includes('xn--')) {
      return `${host} is written with letters that can look like those of another name; the allowed host is ${own}.`;
    }
    if (host.endsWith(`.${own}`)) continue;
    if (host.includes(own)) return `${host} contains the allowed host ${own}, but belongs to somebody else.`;
    if (
      skeleton(host) === skeleton(own) ||
      (own.length >= 6 && nearly(host, own)) ||
      skeleton(host).includes(skeleton(own))
    ) {
      return `${host} looks like the allowed host ${own}.`;
    }
  }
  return null;
}
