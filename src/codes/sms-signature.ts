import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FormBody } from '../http/body.ts';

/** What Twilio signs: the address as it was set, and every member of the form, by name, name and value joined. */
function signedText(url: string, form: FormBody): string {
  const byName = [...form].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return url + byName.flat().join('');
}

/** Base64 HMAC-SHA1, as `X-Twilio-Signature` carries it. The algorithm is the provider's choice. */
export function smsSignature(token: string, url: string, form: FormBody): string {
  return createHmac('sha1', token).update(signedText(url, form), 'utf8').digest('base64');
}

/**
 * Whether the form was signed with this token. A member that came twice is refused: joined, two different forms could
 * read the same. Takes the same time for every wrong signature.
 */
export function isSignedSms(token: string, url: string, form: FormBody, signature: string): boolean {
  const wanted = Buffer.from(smsSignature(token, url, form), 'latin1');
  const given = Buffer.from(signature, 'latin1');
  const same = given.length === wanted.length && timingSafeEqual(given, wanted);
  return same && new Set(form.map(([name]) => name)).size === form.length;
}
