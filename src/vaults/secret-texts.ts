import type { CredentialSecret } from './vault.ts';

/** The values of a secret that nobody may read: in what a vault says about it, or anywhere else. */
export function secretTexts(secret: CredentialSecret): string[] {
  if (secret.credential_type === 'credit_card') return [secret.card_number, secret.card_cvv];
  if (secret.credential_type === 'secret') return [secret.secret_value];
  const { password, totp, recovery_codes = [], passkey, extra_fields, mailbox } = secret;
  const { password: opens, access_token, oauth } = mailbox ?? {};
  const mailboxSecrets = [opens, access_token, oauth?.refresh_token, oauth?.client_secret];
  return [
    password,
    totp,
    ...recovery_codes,
    passkey?.private_key,
    ...Object.values(extra_fields),
    ...mailboxSecrets,
  ].filter((text) => text !== null && text !== undefined);
}
