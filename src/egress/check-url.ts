import { KeyturnError } from '../errors.ts';
import { isAllowed } from './address-policy.ts';
import { addressesOf, type Lookup } from './resolve-host.ts';

/** `dns`: the name does not resolve, so the site is unreachable rather than forbidden. `slow`: nor in time. */
export type UrlCheck =
  | { ok: true; addresses: string[] }
  | { ok: false; reason: 'scheme' | 'address' | 'dns' | 'slow' | 'userinfo'; address?: string };

const MAX_URL_LENGTH = 2048;
/** Milliseconds a caller waits for a name to resolve. */
const CHECK_MS = 5_000;
/** Where nobody else judges it later it may take as long as where it is dialled. */
const SECRET_MS = 20_000;

export interface CheckOptions {
  /** The system's when left out. */
  lookup?: Lookup;
  /** Milliseconds a name may take to resolve. */
  limitMs?: number;
}

/**
 * Judges where a URL leads before anything is sent there: http or https, no userinfo, and every address its host
 * resolves to allowed (one private address among public ones is enough to refuse: any may be picked). The egress proxy
 * resolves and judges the name again when the browser goes there, and that is what holds; this tells the caller early.
 */
export async function checkUrl(
  url: URL | string,
  allowNetworks: readonly string[],
  { lookup, limitMs = CHECK_MS }: CheckOptions = {},
): Promise<UrlCheck> {
  const target = typeof url === 'string' ? URL.parse(url) : url;
  if (!target || (target.protocol !== 'http:' && target.protocol !== 'https:')) return { ok: false, reason: 'scheme' };
  if (target.username || target.password) return { ok: false, reason: 'userinfo' };
  const addresses = await addressesOf(target.hostname, lookup, AbortSignal.timeout(limitMs)).catch(() => null);
  if (addresses === null) return { ok: false, reason: 'slow' };
  const denied = addresses.find((address) => !isAllowed(address, allowNetworks));
  if (denied !== undefined) return { ok: false, reason: 'address', address: denied };
  return addresses.length > 0 ? { ok: true, addresses } : { ok: false, reason: 'dns' };
}

/** Whether a secret may be sent there: over https, or inside the networks the operator allows. */
export async function maySendSecret(
  url: string,
  allowNetworks: readonly string[],
  { lookup, limitMs = SECRET_MS }: CheckOptions = {},
): Promise<boolean> {
  if (url.startsWith('https:')) return true;
  const options = { lookup, limitMs };
  const verdict = await checkUrl(url, [], options);
  return !verdict.ok && verdict.reason === 'address' && (await checkUrl(url, allowNetworks, options)).ok;
}

function invalid(detail: string): KeyturnError {
  return new KeyturnError('invalid_url', { detail });
}

/** `localhost:8080/login` and `example.com:443` are host and port, not a scheme: a port is digits up to the path. */
function withScheme(text: string): string {
  const hostAndPort = /^[^/?#@\s:]+:\d{1,5}(?:[/?#]|$)/.test(text);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
  if (hostAndPort || scheme === undefined) return text.startsWith('//') ? `https:${text}` : `https://${text}`;
  if (!/^https?$/i.test(scheme)) throw invalid(`The URL's scheme must be http or https, not ${scheme.slice(0, 20)}.`);
  return text;
}

/**
 * The login page's URL as a caller writes it: without a scheme, `https://` is put in front. Throws KeyturnError
 * `invalid_url` when it is empty, longer than 2048 characters, not http(s), names no host or carries userinfo (which
 * would put a secret into a URL). Says nothing about where it leads: see `checkUrl`.
 */
export function parseLoginUrl(text: string): URL {
  const trimmed = text.trim();
  if (!trimmed) throw invalid('The URL is empty.');
  if (trimmed.length > MAX_URL_LENGTH) throw invalid(`The URL is longer than ${MAX_URL_LENGTH} characters.`);
  // The URL parser drops tabs and newlines and turns backslashes around: what was written is then not what is opened.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
  if (/[\s\\\u0000-\u001f\u007f]/.test(trimmed))
    throw invalid('The URL holds a space, a backslash or a control character.');
  const full = withScheme(trimmed);
  // The URL parser would take the first part of the path for the host.
  if (!/^https?:\/\/[^/?#]/i.test(full)) throw invalid('The URL does not name a host.');
  const url = URL.parse(full);
  if (!url?.hostname) throw invalid('The URL is not valid; write it like https://example.com/login.');
  if (url.username || url.password) throw invalid('The URL must not hold a user name or password.');
  return url;
}
