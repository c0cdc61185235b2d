import { KeyturnError } from '../errors.ts';
import type { CredentialSecret } from '../vaults/vault.ts';

/** Formats that are read, by the name `--format` has for them. */
export const IMPORT_FORMATS = ['bitwarden', '1pux', 'keepass', 'chrome', 'firefox'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** What a second run could not tell apart in reasonable time, and nobody looks over in a table. */
export const MAX_IMPORT_ITEMS = 5000;

type CardSecret = Extract<CredentialSecret, { credential_type: 'credit_card' }>;

/** One item of a file of another program, not checked. A seed is as it stands there. */
export type ImportedItem = {
  name: string;
  /** Web addresses and what else stands in their place; null: one that it is not to be used at. */
  addresses: (string | null)[];
  /** What of the item has no place in a credential, in words. */
  leftOut: string[];
} & (
  | { kind: 'login'; username: string; password: string; totp: string | null }
  /** What the file does not say is empty. */
  | { kind: 'card'; card: Omit<CardSecret, 'credential_type'> }
  /** A value by itself. */
  | { kind: 'secret'; value: string }
  /** Nothing that becomes a credential, and why. */
  | { kind: 'none'; username: string; reason: string }
);

/** What opens a protected file. */
export interface ImportKey {
  password: string | null;
  /** KeePass only. */
  keyFile: Buffer | null;
}

/** A file that cannot be read, in one sentence that holds nothing of its content. */
export function unreadable(detail: string): KeyturnError {
  return new KeyturnError('invalid_request', { detail });
}

/** Throws `invalid_request` for more items than are read at once. */
export function refuseTooMany(count: number): void {
  if (count > MAX_IMPORT_ITEMS) {
    throw unreadable('The file holds more than 5,000 items; divide it before the export.');
  }
}

/** The text of a file in UTF-8, without a byte order mark. Throws `invalid_request` for any other bytes. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('The file is not text in UTF-8.');
  }
}
