import { randomBytes } from 'node:crypto';

/** The prefixes of public ids. An id is prefix + 9 characters of time + 15 of randomness, so ids sort by creation. */
export const ID_PREFIXES = {
  organization: 'o_',
  dataKey: 'dk_',
  apiKey: 'ak_',
  credential: 'cred_',
  vaultItem: 'vi_',
  vaultWrite: 'vw_',
  vaultConfig: 'vc_',
  auditEvent: 'ae_',
  mailboxToken: 'mt_',
  workflow: 'wpid_',
  run: 'wr_',
  attempt: 'at_',
  code: 'totp_',
  signingSecret: 'ss_',
  smsWebhook: 'sms_',
  browserProfile: 'bp_',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const TIME_LENGTH = 9;
const RANDOM_LENGTH = 15;

let lastTime = 0;

/** A new sortable id: base-36 milliseconds (strictly rising within this process), then about 77 random bits. */
export function newId(kind: IdKind): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  const time = lastTime.toString(36).padStart(TIME_LENGTH, '0');
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    // 252 is the largest multiple of 36 a byte can hold: rejecting above it keeps the letters uniform.
    for (const byte of randomBytes(RANDOM_LENGTH * 2)) {
      if (byte < 252 && random.length < RANDOM_LENGTH) random += ALPHABET[byte % 36];
    }
  }
  return ID_PREFIXES[kind] + time + random;
}
