import { createHmac } from 'node:crypto';

const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text, 'utf8').digest('hex');

/**
 * The headers of a signed call. `x-keyturn-signature`: hex HMAC-SHA256 of `<timestamp>.<body>`, keyed with the whole
 * secret as text; one for each secret in force, the current one first, separated by commas. `x-skyvern-signature`: the
 * same over the body alone, for endpoints that exist already; it can hold one, so it stays with the oldest secret until
 * that one ends. `at` is in Unix seconds; `secrets` has the current one first.
 */
export function signatureHeaders(secrets: readonly string[], body: string, at: number): Record<string, string> {
  const oldest = secrets.at(-1);
  return {
    'x-keyturn-timestamp': String(at),
    'x-keyturn-signature': secrets.map((secret) => hmac(secret, `${at}.${body}`)).join(','),
    ...(oldest !== undefined && { 'x-skyvern-signature': hmac(oldest, body) }),
  };
}
