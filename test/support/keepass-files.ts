import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hashRaw } from '@node-rs/argon2';
import kdbxweb from 'kdbxweb';
import type { Counterpart } from './skip.ts';

const PROGRAM = '/usr/bin/keepassxc-cli';
export const keepassxc: Counterpart = { name: 'KeePassXC', available: existsSync(PROGRAM) };

export const PASSWORD = 'master "pass" wörd';

export type Kind = 'KDBX 4 with Argon2id' | 'KDBX 4 with Argon2d' | 'KDBX 4 with AES' | 'KDBX 3.1';

/** What a file costs to open, where it is not to be cheap. */
export interface Cost {
  memory?: number;
  passes?: number;
  rounds?: number;
}

export interface Entry {
  /** Below the root, with slashes. */
  group?: string;
  fields: Record<string, string>;
  /** In the recycle bin. */
  removed?: boolean;
}

const { Consts, Int64, VarDictionary } = kdbxweb;
const { ValueType } = VarDictionary;

/** The bytes of a database with these entries. */
export async function makeFile(kind: Kind, entries: readonly Entry[], cost: Cost = {}): Promise<Buffer> {
  kdbxweb.CryptoEngine.setArgon2Impl(
    async (password, salt, memoryCost, timeCost, outputLen, parallelism, algorithm, version) => {
      const options = { memoryCost, timeCost, outputLen, parallelism, algorithm, version: version === 0x13 ? 1 : 0 };
      return new Uint8Array(await hashRaw(new Uint8Array(password), { ...options, salt: new Uint8Array(salt) })).buffer;
    },
  );
  const credentials = new kdbxweb.Credentials(kdbxweb.ProtectedValue.fromString(PASSWORD));
  const database = kdbxweb.Kdbx.create(credentials, 'Test');
  if (kind === 'KDBX 3.1') database.setVersion(3);
  else
    database.setKdf(
      {
        'KDBX 4 with Argon2id': Consts.KdfId.Argon2id,
        'KDBX 4 with Argon2d': Consts.KdfId.Argon2d,
        'KDBX 4 with AES': Consts.KdfId.Aes,
      }[kind],
    );
  const { memory = 1024 * 1024, passes = 2, rounds = 6000 } = cost;
  const { header } = database;
  if (kind === 'KDBX 3.1') header.keyEncryptionRounds = rounds;
  else if (kind === 'KDBX 4 with AES') header.kdfParameters?.set('R', ValueType.UInt64, Int64.from(rounds));
  else {
    header.kdfParameters?.set('M', ValueType.UInt64, Int64.from(memory));
    header.kdfParameters?.set('I', ValueType.UInt64, Int64.from(passes));
  }
  for (const { group = '', fields, removed } of entries) {
    let place = database.getDefaultGroup();
    for (const name of group.split('/').filter(Boolean)) {
      place = place.groups.find((known) => known.name === name) ?? database.createGroup(place, name);
    }
    const entry = database.createEntry(place);
    for (const [name, value] of Object.entries(fields)) {
      entry.fields.set(name, name === 'Password' ? kdbxweb.ProtectedValue.fromString(value) : value);
    }
    if (removed) database.remove(entry);
  }
  return Buffer.from(await database.save());
}

/** A folder of its own in which KeePassXC works on one file. */
export class KeepassFolder {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'keepass-'));
  readonly file = path.join(this.#folder, 'test.kdbx');
  readonly keyFilePath = path.join(this.#folder, 'test.keyx');

  put(bytes: Buffer): void {
    writeFileSync(this.file, bytes);
  }

  get bytes(): Buffer {
    return readFileSync(this.file);
  }

  get keyFile(): Buffer {
    return readFileSync(this.keyFilePath);
  }

  /** Runs a command of KeePassXC's; the input's lines are the passwords it asks for. Its settings stay in the folder. */
  run(argv: readonly string[], input: readonly string[] = [PASSWORD]): string {
    const env = { HOME: this.#folder, PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', QT_QPA_PLATFORM: 'offscreen' };
    const options = { input: `${input.join('\n')}\n`, env, encoding: 'utf8', stdio: 'pipe', timeout: 60_000 } as const;
    return execFileSync(PROGRAM, argv, options);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
