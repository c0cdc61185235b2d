import type { Credential } from '../storage/rows.ts';
import type { CredentialSecret, MailboxSecret } from '../vaults/vault.ts';

export const CREDENTIAL_TYPES = ['password', 'credit_card', 'secret'] as const;
export type CredentialType = (typeof CREDENTIAL_TYPES)[number];

export const TOTP_TYPES = ['authenticator', 'email', 'text', 'none'] as const;
export type TotpType = (typeof TOTP_TYPES)[number];

export type PasswordSecret = Extract<CredentialSecret, { credential_type: 'password' }>;

/** What may be read back of a secret, by credential type. */
export type CredentialMetadata =
  | { username: string | null; totp_type: TotpType; totp_identifier: string | null }
  | { last_four: string; brand: string }
  | { secret_label: string | null };

/** What may be read back of a mailbox: nothing that opens it. */
export interface MailboxMetadata
  extends Pick<MailboxSecret, 'host' | 'port' | 'secure' | 'user' | 'folder' | 'senders'> {
  /** Whether it is opened by tokens, and where they come from. */
  oauth: { token_origin: string; client_id: string } | null;
}

/** A credential as the API shows it. */
export interface CredentialView {
  credential_id: string;
  credential_type: CredentialType;
  name: string;
  credential: CredentialMetadata;
  browser_profile_id: string | null;
  tested_url: string | null;
  totp_url: string | null;
  /** Null: it has none. */
  recovery_codes_left: number | null;
  mailbox: MailboxMetadata | null;
  /** The domain of its passkey; null: it has none. */
  passkey_rp_id: string | null;
  vault_type: string;
  /** The item others keep in the vault; null: the service keeps it. */
  item_id: string | null;
  allowed_origins: string[];
  temporary: boolean;
  expires_at: string | null;
  created_at: string;
  modified_at: string;
}

/** The columns of a credential row that its secret decides. */
export interface SecretColumns {
  credential_type: CredentialType;
  username: string | null;
  totp_type: TotpType;
  totp_identifier: string | null;
  totp_url: string | null;
  use_recovery_codes: boolean;
  recovery_codes_left: number | null;
  /** `{extra_fields: labels, has_password, mailbox, passkey_rp_id}`, `{last_four, brand}` or `{secret_label}`. */
  details: Record<string, string | string[] | boolean | MailboxMetadata | null>;
}

/** A secret as it came in, checked and in one spelling: what goes to the vault and what is kept beside it. */
export interface ParsedSecret {
  secret: CredentialSecret;
  columns: SecretColumns;
  /** Null: not named. */
  allowedOrigins: string[] | null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function details(row: Credential): Record<string, unknown> {
  const value = row.details;
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function metadata(row: Credential): CredentialMetadata {
  const kept = details(row);
  switch (row.credential_type as CredentialType) {
    case 'password':
      return { username: row.username, totp_type: row.totp_type as TotpType, totp_identifier: row.totp_identifier };
    case 'credit_card':
      return { last_four: text(kept.last_four) ?? '', brand: text(kept.brand) ?? '' };
    case 'secret':
      return { secret_label: text(kept.secret_label) };
  }
}

/** Labels of the extra fields a password credential can answer. Not the answers. */
export function extraFieldLabels(row: Credential): string[] {
  const labels = details(row).extra_fields;
  return Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
}

/** The domain (`rp_id`) of the credential's passkey; null: it has none. */
export function passkeyDomain(row: Credential): string | null {
  return text(details(row).passkey_rp_id);
}

/** Whether the credential holds a password: one that is entered by a link or passkey alone does not. */
export function hasPassword(row: Credential): boolean {
  return details(row).has_password !== false;
}

/** The mailbox that codes of the account are read from. */
export function mailboxOf(row: Credential): MailboxMetadata | null {
  const { mailbox } = details(row);
  if (typeof mailbox !== 'object' || mailbox === null) return null;
  // Rows from before there was OAuth say nothing of it.
  return { oauth: null, ...(mailbox as Omit<MailboxMetadata, 'oauth'>) };
}

/** The origins a secret may be typed at; empty while none is pinned. */
export function allowedOrigins(row: Credential): string[] {
  return Array.isArray(row.allowed_origins) ? row.allowed_origins.filter((origin) => typeof origin === 'string') : [];
}

export function credentialView(row: Credential): CredentialView {
  return {
    credential_id: row.id,
    credential_type: row.credential_type as CredentialType,
    name: row.name,
    credential: metadata(row),
    browser_profile_id: row.browser_profile_id,
    tested_url: row.tested_url,
    totp_url: row.totp_url,
    recovery_codes_left: row.recovery_codes_left,
    mailbox: mailboxOf(row),
    passkey_rp_id: passkeyDomain(row),
    vault_type: row.vault_type,
    item_id: row.vault_item_owned ? null : row.vault_item_id,
    allowed_origins: allowedOrigins(row),
    temporary: row.temporary,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    modified_at: row.modified_at.toISOString(),
  };
}
