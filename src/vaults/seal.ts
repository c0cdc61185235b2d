import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyturnError } from '../errors.ts';

/** What a sealed record belongs to. It is authenticated, so a record moved elsewhere does not open. */
export interface SealContext {
  organization: string;
  record: string;
  field: string;
}

export const KEY_BYTES = 32;
const VERSION = 1;
/** 96 random bits, as GCM wants them (NIST SP 800-38D §8.2.2); one data key seals far fewer than 2^32 records. */
const NONCE_BYTES = 12;
/** Node accepts tags cut down to 4 bytes unless the length is given, which makes forging feasible. */
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

const options = { authTagLength: TAG_BYTES };

/** Each part behind its length, so that no two different lists of parts give the same bytes. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  const chunks = parts.flatMap((part) => {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(chunks);
}

function additionalData(context: SealContext): Buffer {
  return Buffer.concat([Buffer.from([VERSION]), lengthPrefixed([context.organization, context.record, context.field])]);
}

/** AES-256-GCM. Returns version (1 byte), nonce (12), tag (16), ciphertext. */
export function seal(key: Uint8Array, context: SealContext, plain: Uint8Array): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, options).setAAD(additionalData(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Uint8Array.from(Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]));
}

/** Opens what `seal` made. Throws `unseal_failed` for another key, another context, or a changed or cut record. */
export function open(key: Uint8Array, context: SealContext, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) throw new KeyturnError('unseal_failed');
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const tag = bytes.subarray(1 + NONCE_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, options);
  decipher.setAAD(additionalData(context)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]);
  } catch (error) {
    throw new KeyturnError('unseal_failed', { cause: error });
  }
}
