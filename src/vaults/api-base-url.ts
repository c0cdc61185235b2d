import { isAllowed } from '../egress/address-policy.ts';
import { KeyturnError } from '../errors.ts';

const MAX_LENGTH = 2048;

/**
 * The address below which a vault's service answers, without a slash at its end. http is for addresses inside a network
 * of one's own, as the guarded client sees to when it dials; an address that is public at sight is refused here. Throws
 * `invalid_request` that names `path` and not the address: somebody may have written a password into it.
 */
export function parseApiBaseUrl(text: string, path: string): string {
  const refuse = (message: string) => new KeyturnError('invalid_request', { errors: [{ path, message }] });
  const url = text.length > MAX_LENGTH ? null : URL.parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol))
    throw refuse('must be an https address such as https://vault.example/api');
  if (url.username || url.password) throw refuse('must not hold a user name or password');
  if (url.search || url.hash) throw refuse('must not hold a query or a fragment');
  // Inside no network of the operator's only public addresses are allowed.
  if (url.protocol === 'http:' && isAllowed(url.hostname.replace(/^\[|\]$/g, ''), [])) {
    throw refuse('must be https: over http the secrets would travel readable');
  }
  return url.href.replace(/\/+$/, '');
}
