import { KeyturnError } from '../errors.ts';
import type { CredentialSecret } from './vault.ts';

type PasswordSecret = Extract<CredentialSecret, { credential_type: 'password' }>;

/** Name of the field that holds what a vault's own fields have no place for. */
export const REST_FIELD = 'keyturn';

/** What the vaults' own fields for a login hold. */
export interface LoginFields {
  username: string;
  password: string;
  /** Seed or otpauth:// address; null or empty: none. */
  totp: string | null;
}

/** The part of a password secret that the vault's own fields have no place for, as JSON; null: there is none. */
export function restOf(secret: PasswordSecret): string | null {
  const { credential_type: _type, username: _username, password: _password, totp: _totp, ...rest } = secret;
  const kept = Object.entries(rest).filter(([, value]) => value && Object.keys(value).length > 0);
  return kept.length > 0 ? JSON.stringify(Object.fromEntries(kept)) : null;
}

/** A password secret from the vault's own fields and the rest. Throws `vault_failed` for a rest that is not ours. */
export function passwordSecretOf(fields: LoginFields, rest: string | null): PasswordSecret {
  const totp = fields.totp || null;
  const secret: PasswordSecret = { credential_type: 'password', ...fields, totp, extra_fields: {} };
  return rest === null ? secret : { ...secret, ...parseRest(rest) };
}

/** What a rest holds. Throws `vault_failed` for one that is not ours. */
export function parseRest<Rest extends object = Partial<PasswordSecret>>(rest: string): Rest {
  try {
    const value: unknown = JSON.parse(rest);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Rest;
  } catch {
    // Told below; the text itself may be a secret.
  }
  throw new KeyturnError('vault_failed', { detail: `The field "${REST_FIELD}" of the item was changed by hand.` });
}
