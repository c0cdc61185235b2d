import type { OrganizationModels } from '../storage/db.ts';

/** What an access token is got with (RFC 6749 §6). */
export interface MailboxOauth {
  token_url: string;
  client_id: string;
  client_secret: string | null;
  /** As it was given; the one in force by now is kept elsewhere. */
  refresh_token: string;
  scope: string | null;
}

/**
 * A mailbox and what opens it, together: what opens one server is never sent to another that was named later.
 * Either a password, or an OAuth access token, or what gets one.
 */
export interface MailboxSecret {
  host: string;
  port: number;
  /** TLS from the first byte; false: by STARTTLS. Never without. */
  secure: boolean;
  user: string;
  password: string | null;
  access_token: string | null;
  /** Left out in items from before there was any. */
  oauth?: MailboxOauth | null;
  folder: string;
  /** Addresses, and domains with all below them, whose mails are read; empty: everybody's. */
  senders: string[];
  /** The certificate authority of the server besides the public ones, PEM. */
  ca: string | null;
}

/** A passkey with its keys. */
export interface VaultPasskey {
  id: string;
  rp_id: string;
  user_handle: string;
  private_key: string;
  public_key: string;
  /** The signature counter it came with; how far it is by now is kept elsewhere. */
  sign_count: number;
}

/** A secret as a vault keeps it, by credential type. */
export type CredentialSecret =
  | {
      credential_type: 'password';
      username: string;
      password: string;
      /** Normalised base32 seed or otpauth:// address. */
      totp: string | null;
      /** One-time codes of a list, in the order they are used. Left out in items from before there were any. */
      recovery_codes?: string[];
      /** Keys in base64url: private PKCS#8, public SPKI. Left out where there is none. */
      passkey?: VaultPasskey;
      extra_fields: Record<string, string>;
      /** Where mailed codes are read, with what opens it. */
      mailbox?: MailboxSecret | null;
    }
  | {
      credential_type: 'credit_card';
      card_number: string;
      card_cvv: string;
      card_exp_month: string;
      card_exp_year: string;
      card_brand: string;
      card_holder_name: string;
    }
  | { credential_type: 'secret'; secret_value: string; secret_label: string | null };

/** Where a secret lies. `db` is the caller's organization or its transaction; only the built-in vault writes there. */
export interface Vault {
  readonly type: string;
  /** Stores the secret of a credential and returns the item's id. */
  create(db: OrganizationModels, credentialId: string, secret: CredentialSecret): Promise<string>;
  /** Throws `not_found` for an unknown item, `unseal_failed` for one that does not open. */
  read(db: OrganizationModels, credentialId: string, itemId: string): Promise<CredentialSecret>;
  /** Stores the new secret and returns the item's id, which may be a new one. The old item is gone afterwards. */
  update(db: OrganizationModels, credentialId: string, itemId: string, secret: CredentialSecret): Promise<string>;
  /** Deleting what is gone is no error. */
  delete(db: OrganizationModels, credentialId: string, itemId: string): Promise<void>;
}
