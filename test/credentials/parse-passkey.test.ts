import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { KeyturnError } from '../../src/errors.ts';

const pair = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).toString('base64url');
const pkcs8 = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' }).toString('base64url');

const own = pair('prime256v1');
const other = pair('prime256v1');
const larger = pair('secp384r1');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const passkey = {
  id: 'AQIDBAUGBwg',
  rp_id: 'example.com',
  user_handle: 'dXNlcg',
  private_key: pkcs8(own.privateKey),
  public_key: spki(own.publicKey),
};

test('a passkey is taken without a password, and its counter starts at none', () => {
  const parsed = parseSecret('password', { username: 'ada', passkey });
  expect(parsed.secret).toMatchObject({ password: '', passkey: { ...passkey, sign_count: 0 } });
  expect(parsed.columns.details).toMatchObject({ passkey_rp_id: 'example.com', has_password: false });
  expect(JSON.stringify(parsed.columns)).not.toContain(passkey.private_key);
});

test('without a passkey the vault keeps the secret as it was before there were any', () => {
  expect(parseSecret('password', { password: 'x', passkey: null }).secret).not.toHaveProperty('passkey');
});

test.each<[string, object, string]>([
  ['no id', { id: undefined }, '/credential/passkey'],
  ['an id in base64', { id: 'AQ+/' }, '/credential/passkey/id'],
  ['an id with stray bits', { id: 'AQIDBAUGBwh' }, '/credential/passkey/id'],
  ['an id that is too long', { id: 'A'.repeat(1400) }, '/credential/passkey/id'],
  ['an IP address as its domain', { rp_id: '127.0.0.1' }, '/credential/passkey/rp_id'],
  ['an origin as its domain', { rp_id: 'https://example.com' }, '/credential/passkey/rp_id'],
  ['a domain in capitals', { rp_id: 'Example.com' }, '/credential/passkey/rp_id'],
  ['no user handle', { user_handle: '' }, '/credential/passkey/user_handle'],
  ['a negative counter', { sign_count: -1 }, '/credential/passkey/sign_count'],
  ['a counter at its end', { sign_count: 4_294_967_295 }, '/credential/passkey/sign_count'],
  ['a private key that is none', { private_key: passkey.public_key }, '/credential/passkey/private_key'],
  ['a public key that is none', { public_key: passkey.private_key }, '/credential/passkey/public_key'],
  ['a key on another curve', { private_key: pkcs8(larger.privateKey) }, '/credential/passkey/private_key'],
  ['an RSA key', { private_key: pkcs8(rsa.privateKey) }, '/credential/passkey/private_key'],
  ["another's public key", { public_key: spki(other.publicKey) }, '/credential/passkey/public_key'],
  ['an unknown member', { name: 'mine' }, '/credential/passkey'],
])('%s is refused at its place, without its value', (_name, change, place) => {
  let thrown: unknown;
  try {
    parseSecret('password', { username: 'ada', passkey: { ...passkey, ...change } });
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof KeyturnError)) throw new Error('It was taken');
  const said = JSON.stringify(thrown.errors);
  expect(thrown.code).toBe('invalid_request');
  expect(said).toContain(`"${place}"`);
  expect(said).not.toContain(passkey.private_key);
});
