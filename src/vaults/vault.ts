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

/** Every vault type a caller may name, configured or not. */
export const VAULT_TYPES = [
  'local',
  'bitwarden',
  'azure_vault',
  'onepassword',
  'custom',
  'hashicorp',
  'keepass',
] as const;
export type VaultType = (typeof VAULT_TYPES)[number];

/**
 * What names an item: it is part of the item's name in the vault, so that the item is found again where the answer that
 * told its id was lost. One credential has several items for a moment, while a new secret takes the place of an old one.
 */
export interface ItemKey {
  credentialId: string;
  /** `vw_…`, new for every write. */
  writeId: string;
}

/** Where the one-time codes of a login come from. A credential keeps it in its own row, which is what counts. */
export interface CodeSource {
  /** `authenticator`, `email`, `text` or `none`. */
  totp_type: string | null;
  /** The address or number they are sent to. */
  totp_identifier: string | null;
}

/** An item to be. */
export interface NewItem {
  key: ItemKey;
  /** The credential's name, for people who look into the vault. */
  name: string;
  secret: CredentialSecret;
  /** Told with a password, in vaults whose items are named fields. */
  codes: CodeSource;
  /** Origins of the addresses it may be used at. */
  origins: readonly string[];
}

/** An item as it was read. */
export interface VaultItem {
  /** A seed is as it stands in the vault. */
  secret: CredentialSecret;
  /** As the item says it, not checked. Left out: it says nothing. */
  codes?: CodeSource;
  /** Web addresses the item names, not checked; null: one that the item is not to be used at, or that is no text. */
  addresses: (string | null)[];
}

/**
 * Where secrets lie. An update is a new item, the credential repointed and the old item deleted, for every vault alike: a
 * reader gets one secret or the other, whole. Every method throws KeyturnError: `not_found` for an item that is not
 * there, `vault_refused` where the vault does not let us in, `vault_busy` where it asks for patience, `vault_failed` for
 * anything else; never with a secret in it. `signal` bounds the whole call.
 */
export interface Vault {
  readonly type: VaultType;
  /** False: items are made by others, and only read here. */
  readonly writable: boolean;
  /** Stores a secret and returns the item's id. Never repeated where the answer was lost: `find` tells. */
  create(item: NewItem, signal: AbortSignal): Promise<string>;
  /** The ids of the items with this key in their name. */
  find(key: ItemKey, signal: AbortSignal): Promise<string[]>;
  read(credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem>;
  /** Deletes for good, past a recycle bin. What is gone already is no error. */
  delete(credentialId: string, itemId: string, signal: AbortSignal): Promise<void>;
  /** Whether the vault lets us in. */
  check(signal: AbortSignal): Promise<void>;
}
