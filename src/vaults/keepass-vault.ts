import { createHash } from 'node:crypto';
import Type, { type Static } from 'typebox';
import { invalidAt, KeyturnError } from '../errors.ts';
import { askKeepass, type KeepassConfig } from './keepass-process.ts';
import { refuseToWrite } from './read-only.ts';
import type { Vault, VaultItem } from './vault.ts';
import type { ParsedConfig, VaultProvider } from './vault-provider.ts';

const TITLE = 'A KeePass file';
const MAX_FILE_BYTES = 700_000;
/** Both magic numbers at the start of every .kdbx file, little-endian. */
const SIGNATURE = Buffer.from('03d9a29a67fb4bb5', 'hex');
const Base64 = (maxBytes: number, description: string) =>
  Type.String({ maxLength: Math.ceil(maxBytes / 3) * 4, pattern: '^[A-Za-z0-9+/]+={0,2}$', description });

const BodySchema = Type.Object(
  {
    config: Type.Object(
      {
        file: Base64(MAX_FILE_BYTES, 'A .kdbx file of version 3.1 or 4 in base64, at most 700 kB'),
        password: Type.Optional(Type.String({ maxLength: 1000 })),
        key_file: Type.Optional(Base64(20_000, 'In base64, at most 20 kB')),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

/** A KeePass database as it was handed over: opened anew for each read, never written. */
class KeepassVault implements Vault {
  readonly type = 'keepass';
  readonly writable = false;
  readonly #config: KeepassConfig;

  constructor(config: KeepassConfig) {
    this.#config = config;
  }

  create(): Promise<never> {
    return refuseToWrite(TITLE);
  }

  find(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async read(_credentialId: string, itemId: string, signal: AbortSignal): Promise<VaultItem> {
    const item = await askKeepass({ ...this.#config, itemId }, signal);
    if (item === null) throw new KeyturnError('vault_failed', { detail: `${TITLE} was not read.` });
    return item;
  }

  delete(): Promise<never> {
    return refuseToWrite(TITLE);
  }

  async check(signal: AbortSignal): Promise<void> {
    await askKeepass({ ...this.#config, itemId: null }, signal);
  }
}

/** A .kdbx file. */
export const keepassProvider: VaultProvider<KeepassConfig> = {
  type: 'keepass',
  route: 'keepass',
  tokenType: 'keepass_database',
  title: TITLE,
  schema: BodySchema,
  parse(body): ParsedConfig<KeepassConfig> {
    const { file, password = null, key_file = null } = (body as Static<typeof BodySchema>).config;
    const bytes = Buffer.from(file, 'base64');
    if (bytes.length > MAX_FILE_BYTES) throw invalidAt('/config/file', 'must be at most 700 kB');
    if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE))
      throw invalidAt('/config/file', 'must be a .kdbx file in base64');
    if (password === null && key_file === null) throw invalidAt('/config', 'must have a password or a key_file');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      config: { file, password, key_file },
      metadata: {
        file_bytes: bytes.length,
        file_sha256: sha256,
        has_password: password !== null,
        has_key_file: key_file !== null,
      },
      // The end of a password that people chose says too much of it: the end of the file's hash is shown.
      secrets: [sha256, password, key_file].filter((secret) => secret !== null),
    };
  },
  place: () => null,
  open: (config) => new KeepassVault(config),
};
