import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { strToU8, zipSync } from 'fflate';

/** Members of a Bitwarden item besides the usual ones. */
export type BitwardenItem = Record<string, unknown>;

/** A login as Bitwarden exports it. */
export function bitwardenLogin(name: string, login: Record<string, unknown>, over: BitwardenItem = {}): BitwardenItem {
  return {
    id: 'f4bb7a3e-4a2f-4d29-8a53-b2f90099aaaa',
    organizationId: null,
    folderId: null,
    type: 1,
    reprompt: 0,
    name,
    notes: null,
    favorite: false,
    login: { uris: [], username: null, password: null, totp: null, fido2Credentials: [], ...login },
    collectionIds: null,
    passwordHistory: null,
    ...over,
  };
}

/** A Bitwarden export of a person without encryption. */
export function bitwardenFile(items: readonly unknown[]): string {
  return JSON.stringify({ encrypted: false, folders: [], items }, null, 2);
}

/** How the password of a protected export is stretched. */
export type Stretching =
  | { kdfType: 0; kdfIterations: number }
  | { kdfType: 1; kdfIterations: number; kdfMemory: number; kdfParallelism: number };

/** A Bitwarden export that a password protects, made as the Bitwarden Security Whitepaper says. */
export async function lockedBitwardenFile(text: string, password: string, stretching: Stretching): Promise<string> {
  const salt = randomBytes(16).toString('base64');
  const master =
    stretching.kdfType === 0
      ? pbkdf2Sync(password, salt, stretching.kdfIterations, 32, 'sha256')
      : await hashRaw(password, {
          algorithm: 2,
          memoryCost: stretching.kdfMemory * 1024,
          timeCost: stretching.kdfIterations,
          parallelism: stretching.kdfParallelism,
          salt: createHash('sha256').update(salt).digest(),
        });
  const half = (info: string) => createHmac('sha256', master).update(info).update(Uint8Array.of(1)).digest();
  const sealed = (plain: string) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', half('enc'), iv);
    const bytes = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    const mac = createHmac('sha256', half('mac')).update(iv).update(bytes).digest();
    return `2.${[iv, bytes, mac].map((part) => part.toString('base64')).join('|')}`;
  };
  return JSON.stringify({
    encrypted: true,
    passwordProtected: true,
    salt,
    ...stretching,
    encKeyValidation_DO_NOT_EDIT: sealed('a1b2'),
    data: sealed(text),
  });
}

/** A login as 1Password exports it. */
export function onepasswordLogin(
  title: string,
  login: { username?: string; password?: string; totp?: string; urls?: string[] },
  over: { details?: Record<string, unknown>; [member: string]: unknown } = {},
) {
  const { details, ...members } = over;
  const [first = ''] = login.urls ?? [];
  return {
    uuid: randomBytes(8).toString('hex'),
    favIndex: 0,
    state: 'active',
    categoryUuid: '001',
    overview: { title, url: first, urls: (login.urls ?? []).map((url) => ({ label: 'website', url })) },
    details: {
      loginFields: [
        { value: login.username ?? '', id: '', name: 'username', fieldType: 'T', designation: 'username' },
        { value: login.password ?? '', id: '', name: 'password', fieldType: 'P', designation: 'password' },
      ],
      notesPlain: '',
      sections:
        login.totp === undefined
          ? []
          : [
              {
                title: '',
                fields: [{ title: 'one-time password', id: 'TOTP_1', value: { totp: login.totp } }],
              },
            ],
      ...details,
    },
    ...members,
  };
}

/** A credit card as 1Password exports it. */
export function onepasswordCard(title: string, values: Record<string, Record<string, unknown>>) {
  const fields = Object.entries(values).map(([id, value]) => ({ title: id, id, value }));
  return {
    categoryUuid: '002',
    state: 'active',
    overview: { title, url: '' },
    details: { loginFields: [], notesPlain: '', sections: [{ title: '', fields }] },
  };
}

/** The text of `export.data` with these items. */
export function onepasswordData(items: readonly unknown[]): string {
  return JSON.stringify({ accounts: [{ attrs: {}, vaults: [{ attrs: { name: 'Private' }, items }] }] });
}

/** A zip archive with these files. */
export function archive(files: Record<string, string | Uint8Array>, level: 0 | 6 = 6): Buffer {
  const bytes = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? strToU8(content) : content,
  ]);
  return Buffer.from(zipSync(Object.fromEntries(bytes), { level }));
}

/** A 1PUX file with these items. */
export function onepasswordFile(items: readonly unknown[]): Buffer {
  return archive({
    'export.attributes': JSON.stringify({ version: 3, description: '1Password Unencrypted Export' }),
    'export.data': onepasswordData(items),
  });
}
