import type { Credential } from '../storage/rows.ts';

/** Where codes of the account are sent to: what the credential says, else its username where that is an address. */
export function sentTo(credential: Credential): string | null {
  if (credential.totp_identifier) return credential.totp_identifier;
  return credential.totp_type !== 'text' && credential.username?.includes('@') ? credential.username : null;
}

/** What the account's codes go by where nobody said where they are sent to. */
export function codeOwner(credential: Credential): string {
  return sentTo(credential) ?? credential.username ?? credential.id;
}
