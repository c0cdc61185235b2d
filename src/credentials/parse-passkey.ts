import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import Type, { type Static } from 'typebox';

/** Bytes in base64url without padding, as browsers write them. Bounds are in letters. */
const Base64Url = (minLength: number, maxLength: number, description: string) =>
  Type.String({ minLength, maxLength, pattern: '^[A-Za-z0-9_-]+$', description });

/** A signature counter beyond this leaves no room to count on. */
const HIGHEST_COUNT = 2_000_000_000;

/** A passkey as a virtual authenticator has it (Web Authentication, https://www.w3.org/TR/webauthn-3/). */
export const PasskeySchema = Type.Object(
  {
    id: Base64Url(2, 1364, 'Credential id, base64url'),
    rp_id: Type.String({
      maxLength: 253,
      pattern: '^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?$',
      description: 'The domain it was made for, such as example.com',
    }),
    user_handle: Base64Url(2, 86, 'User handle, base64url'),
    private_key: Base64Url(20, 2048, 'Private key (ES256): PKCS#8, DER, base64url'),
    public_key: Base64Url(20, 2048, 'Its public key: SPKI, DER, base64url'),
    sign_count: Type.Optional(
      Type.Integer({ minimum: 0, maximum: HIGHEST_COUNT, description: 'The last signature counter the site has seen' }),
    ),
  },
  { additionalProperties: false, description: 'A passkey of the account; never read back' },
);
export type PasskeyFields = Static<typeof PasskeySchema>;

function keyOf(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const isP256 = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';

/** Base64url has one spelling for bytes: with stray last bits a site would not know the id. */
const isCanonical = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text;

/** What is wrong with a passkey that fits the schema: the member, and a reason without its value. Null: nothing. */
export function faultOf(passkey: PasskeyFields): { member: keyof PasskeyFields; reason: string } | null {
  for (const member of ['id', 'user_handle', 'private_key', 'public_key'] as const) {
    if (!isCanonical(passkey[member])) return { member, reason: 'must be base64url without padding' };
  }
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const secret = keyOf(() => createPrivateKey({ key: bytes(passkey.private_key), format: 'der', type: 'pkcs8' }));
  if (!secret) return { member: 'private_key', reason: 'must be a private key in PKCS#8 (DER)' };
  if (!isP256(secret)) return { member: 'private_key', reason: 'must be a key on the curve P-256 (ES256)' };
  const open = keyOf(() => createPublicKey({ key: bytes(passkey.public_key), format: 'der', type: 'spki' }));
  if (!open) return { member: 'public_key', reason: 'must be a public key in SPKI (DER)' };
  if (!createPublicKey(secret).equals(open)) return { member: 'public_key', reason: 'must belong to the private key' };
  return null;
}
