import { createHash } from 'node:crypto';

/** What a page sends that digests the password itself: SHA-256 in hex, after the salt. */
export function digestedAs(salt: string, password: string): string {
  return createHash('sha256')
    .update(salt + password)
    .digest('hex');
}
