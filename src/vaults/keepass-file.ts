import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { hashRaw } from '@node-rs/argon2';
import kdbxweb, { type Kdbx, type KdbxFormat, type KdbxHeader } from 'kdbxweb';
import { KeyturnError } from '../errors.ts';

const { BinaryStream, Credentials, HashedBlockTransform, ProtectedValue } = kdbxweb;

/** What opens a file: a password, a key file or both. */
export interface KeepassKey {
  password: string | null;
  keyFile: Buffer | null;
}

const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
/** Memory times passes: some seconds on one core. */
const MAX_ARGON2_WORK_BYTES = 8 * 1024 * 1024 * 1024;
const MAX_PARALLELISM = 16;
/** What KeePassXC finds to take a second or two. */
const MAX_AES_ROUNDS = 100_000_000;
/** Of the XML with everything in it; a file of a megabyte may unpack to a gigabyte. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

type Decrypt = (data: ArrayBuffer, key: ArrayBuffer) => Promise<ArrayBuffer>;

// kdbxweb brings no Argon2 of its own.
kdbxweb.CryptoEngine.setArgon2Impl(
  async (password, salt, memoryCost, timeCost, outputLen, parallelism, type, version) => {
    const options = { memoryCost, timeCost, outputLen, parallelism, salt: new Uint8Array(salt) };
    const variant = { algorithm: type, version: version === 0x13 ? 1 : 0 };
    return new Uint8Array(await hashRaw(new Uint8Array(password), { ...options, ...variant })).buffer;
  },
);

/**
 * The database in the bytes of a .kdbx file of version 3.1 or 4. Throws `vault_refused` where the key is wrong (or a
 * file of version 3.1 is damaged, which looks the same), `vault_failed` for a file that is damaged, of another kind or
 * made to cost too much.
 */
export async function openKeepassFile(file: Buffer, { password, keyFile }: KeepassKey): Promise<Kdbx> {
  try {
    const secret = password === null ? null : ProtectedValue.fromString(password);
    const credentials = new Credentials(secret, keyFile && new Uint8Array(keyFile));
    await credentials.ready;
    const database = new kdbxweb.Kdbx();
    database.credentials = credentials;
    const bytes = new Uint8Array(file).buffer;
    refuseCostly(kdbxweb.KdbxHeader.read(new BinaryStream(bytes), new kdbxweb.KdbxContext({ kdbx: database })));
    const format = new kdbxweb.KdbxFormat(database);
    boundUnpacking(format);
    return await format.load(bytes);
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    if (error instanceof kdbxweb.KdbxError && error.code === kdbxweb.Consts.ErrorCodes.InvalidKey) {
      throw new KeyturnError('vault_refused', {
        detail: 'The password or the key file does not open the KeePass file.',
      });
    }
    throw failed('The KeePass file, or its key file, is damaged or of a kind that is not known here.');
  }
}

function failed(detail: string): KeyturnError {
  return new KeyturnError('vault_failed', { detail });
}

/** Before anything is derived: the file says itself how much that costs. */
function refuseCostly(header: KdbxHeader): void {
  const parameter = (name: string): number => Number(header.kdfParameters?.get(name)?.valueOf() ?? 0);
  const [memory, passes] = [parameter('M'), parameter('I')];
  // Either may be there in a file of either version.
  const rounds = Math.max(header.keyEncryptionRounds ?? 0, parameter('R'));
  const fits =
    memory <= MAX_MEMORY_BYTES &&
    memory * passes <= MAX_ARGON2_WORK_BYTES &&
    parameter('P') <= MAX_PARALLELISM &&
    rounds <= MAX_AES_ROUNDS;
  if (fits) return;
  throw failed('The key derivation of the KeePass file asks for more than 256 MiB or for too many rounds; lower it.');
}

/**
 * kdbxweb unpacks whatever there is. What it has decrypted is looked at in between, by its one method that returns it;
 * where that is gone, nothing is opened.
 */
function boundUnpacking(format: KdbxFormat): void {
  const decrypt = Reflect.get(format, 'decryptData') as Decrypt;
  const bounded: Decrypt = async (data, key) => {
    const plain = await decrypt.call(format, data, key);
    const { compression, versionMajor, streamStartBytes } = format.kdbx.header;
    if (!compression) return plain;
    if (versionMajor !== 3) {
      await refuseLarge(plain);
      return plain;
    }
    const start = Buffer.from(streamStartBytes ?? new ArrayBuffer(0));
    // Otherwise the key is wrong, which is kdbxweb's to say.
    if (start.equals(Buffer.from(plain).subarray(0, start.length))) {
      await refuseLarge(await HashedBlockTransform.decrypt(plain.slice(start.length)));
    }
    return plain;
  };
  Reflect.set(format, 'decryptData', bounded);
}

async function refuseLarge(packed: ArrayBuffer): Promise<void> {
  const bytes = Buffer.from(packed);
  const unpacked = await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }).catch((error: unknown) => {
    const large = error instanceof RangeError;
    throw failed(large ? 'The KeePass file unpacks to more than 16 MiB.' : 'The KeePass file is damaged.');
  });
  // kdbxweb takes its size from the last bytes, which may be anything behind the end.
  if (bytes.readUInt32LE(bytes.length - 4) !== unpacked.length) throw failed('The KeePass file is damaged.');
  unpacked.fill(0);
}
