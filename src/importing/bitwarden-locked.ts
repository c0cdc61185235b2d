import { createDecipheriv, createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { numberAt, textAt } from './export-json.ts';
import { textOf, unreadable } from './imported-item.ts';

const PBKDF2 = 0;
const ARGON2ID = 1;
/** As much as Bitwarden itself lets an account ask for. */
const MAX_ROUNDS = 2_000_000;
const MAX_PASSES = 10;
const MAX_PARALLELISM = 16;
/** A quarter of that. */
const MAX_MEMORY_MIB = 256;

interface Keys {
  encryption: Buffer;
  authentication: Buffer;
}

/**
 * The text within a Bitwarden export that is protected by a password of its own (Bitwarden Security Whitepaper): the
 * password is stretched, by PBKDF2 or Argon2id as the file says, into one key for AES-256-CBC and one for HMAC-SHA256.
 * Throws `invalid_request` for a wrong password, a damaged file and one that asks for too much.
 */
export async function openLockedBitwarden(file: unknown, password: string): Promise<string> {
  const master = await stretch(file, password);
  const keys = { encryption: expand(master, 'enc'), authentication: expand(master, 'mac') };
  if (opened(textAt(file, 'encKeyValidation_DO_NOT_EDIT'), keys) === null) {
    throw unreadable('The password does not open the Bitwarden export.');
  }
  const data = opened(textAt(file, 'data'), keys);
  if (data === null) throw unreadable('The Bitwarden export is damaged.');
  return textOf(data);
}

async function stretch(file: unknown, password: string): Promise<Buffer> {
  const salt = textAt(file, 'salt');
  const rounds = numberAt(file, 'kdfIterations') ?? 0;
  const kdf = numberAt(file, 'kdfType');
  if (kdf === PBKDF2) {
    if (rounds < 1 || rounds > MAX_ROUNDS) throw costly();
    return promisify(pbkdf2)(password, salt, rounds, 32, 'sha256');
  }
  if (kdf !== ARGON2ID) throw unreadable('The Bitwarden export is protected in a way that is not known here.');
  const memory = numberAt(file, 'kdfMemory') ?? 0;
  const parallelism = numberAt(file, 'kdfParallelism') ?? 0;
  const fits =
    rounds >= 1 &&
    rounds <= MAX_PASSES &&
    memory >= 1 &&
    memory <= MAX_MEMORY_MIB &&
    parallelism >= 1 &&
    parallelism <= MAX_PARALLELISM;
  if (!fits) throw costly();
  const { hashRaw } = await import('@node-rs/argon2');
  return hashRaw(password, {
    // Argon2id, which the package has as a constant enumeration only.
    algorithm: 2,
    memoryCost: memory * 1024,
    timeCost: rounds,
    parallelism,
    outputLen: 32,
    // Argon2 wants eight bytes at least, so Bitwarden salts it with the hash of the salt.
    salt: createHash('sha256').update(salt).digest(),
  });
}

function costly(): Error {
  return unreadable(
    'The Bitwarden export asks for a key derivation beyond 256 MiB, 10 passes or 2,000,000 rounds; lower it in Bitwarden and export again.',
  );
}

/** One block of HKDF-Expand (RFC 5869 §2.3). */
function expand(key: Buffer, info: string): Buffer {
  return createHmac('sha256', key).update(info).update(Uint8Array.of(1)).digest();
}

/** What `2.<iv>|<bytes>|<mac>` holds, in base64; null where the keys are others or it was changed. */
function opened(sealed: string, { encryption, authentication }: Keys): Buffer | null {
  const parts = /^2\.([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)$/.exec(sealed);
  const [iv, bytes, mac] = [1, 2, 3].map((at) => Buffer.from(parts?.[at] ?? '', 'base64')) as [Buffer, Buffer, Buffer];
  const wanted = createHmac('sha256', authentication).update(iv).update(bytes).digest();
  if (iv.length !== 16 || mac.length !== wanted.length || !timingSafeEqual(mac, wanted)) return null;
  const decipher = createDecipheriv('aes-256-cbc', encryption, iv);
  try {
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    return null;
  }
}
