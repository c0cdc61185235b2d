import { createCipheriv, createHmac, generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The fewest that Bitwarden's clients take. */
export const KDF_ITERATIONS = 5000;

/** The keys of an account as its server keeps them: it can open none of them. */
export interface AccountKeys {
  /** What a client proves the master password with. */
  readonly passwordHash: string;
  /** The user key under the master key. */
  readonly userKey: string;
  /** The private key under the user key. */
  readonly privateKey: string;
  readonly publicKey: string;
  /** Seals a text under the user key, as a client would. */
  readonly seal: (text: string) => string;
}

/**
 * The keys of a new account, made as Bitwarden's clients make them (Bitwarden Security Whitepaper): PBKDF2 of the master
 * password, HKDF-Expand of that for encryption and authentication, and AES-256-CBC with HMAC-SHA256 for all that is sealed.
 */
export function newAccountKeys(email: string, masterPassword: string): AccountKeys {
  const masterKey = pbkdf2Sync(masterPassword, email, KDF_ITERATIONS, 32, 'sha256');
  const hash = pbkdf2Sync(masterKey, masterPassword, 1, 32, 'sha256');
  const wrapping = Buffer.concat([expand(masterKey, 'enc'), expand(masterKey, 'mac')]);
  const userKey = randomBytes(64);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return {
    passwordHash: hash.toString('base64'),
    userKey: sealed(wrapping, userKey),
    privateKey: sealed(userKey, privateKey),
    publicKey: publicKey.toString('base64'),
    seal: (text) => sealed(userKey, Buffer.from(text, 'utf8')),
  };
}

/** One block of HKDF-Expand (RFC 5869 §2.3): the master key is used as it is, without the step before it. */
function expand(key: Buffer, info: string): Buffer {
  return createHmac('sha256', key).update(info).update(Uint8Array.of(1)).digest();
}

/** Bytes under the two halves of a key, in Bitwarden's form for this: `2.iv|bytes|mac`. */
function sealed(key: Buffer, plain: Uint8Array): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key.subarray(0, 32), iv);
  const bytes = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', key.subarray(32)).update(iv).update(bytes).digest();
  return `2.${[iv, bytes, mac].map((part) => part.toString('base64')).join('|')}`;
}
