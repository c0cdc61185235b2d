import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SCOPES, type Scope } from '../http/scopes.ts';
import type { ApiKey } from '../storage/rows.ts';

const PREFIX = 'kt_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 36 characters of base 62 are 214 bits. */
const RANDOM_LENGTH = 36;
/** 62^6 is just above 2^32. */
const CHECKSUM_LENGTH = 6;

function base62(value: number, length: number): string {
  let text = '';
  let rest = value;
  for (let place = 0; place < length; place += 1) {
    text = ALPHABET[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

const checksum = (text: string): string => base62(crc32(text), CHECKSUM_LENGTH);

/** A new key: `kt_`, randomness, and a CRC-32 that tells a mistyped key without asking the database. */
export function newApiKey(): string {
  let random = '';
  for (let place = 0; place < RANDOM_LENGTH; place += 1) random += ALPHABET[randomInt(62)];
  return PREFIX + random + checksum(random);
}

/** Whether it is worth asking the database: a key of ours with the right checksum, or a long enough string of another kind. */
export function isWellFormed(key: string): boolean {
  if (!key.startsWith(PREFIX)) return key.length >= 24;
  const body = key.slice(PREFIX.length);
  if (!/^[0-9A-Za-z]{42}$/.test(body)) return false;
  return checksum(body.slice(0, RANDOM_LENGTH)) === body.slice(RANDOM_LENGTH);
}

/** SHA-256, hex. A key has at least 24 characters of its owner's choice or 214 random bits: no slow hash is needed. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export interface ApiKeyView {
  api_key_id: string;
  name: string;
  scopes: Scope[];
  last_four: string;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** Scopes as the column holds them; what is not a scope any more counts for nothing. */
export function scopesOf(row: ApiKey): Scope[] {
  const held = Array.isArray(row.scopes) ? row.scopes : [];
  return SCOPES.filter((scope) => held.includes(scope));
}

export function apiKeyView(row: ApiKey): ApiKeyView {
  return {
    api_key_id: row.id,
    name: row.name,
    scopes: scopesOf(row),
    last_four: row.last_four,
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  };
}
