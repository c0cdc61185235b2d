import { expect, test } from 'vitest';
import { looksLikeMagicLink, secretsOfLink } from '../../src/login/link-secrets.ts';

test.each([
  'https://app.example.com/enter?token=Zx81kQp0mV3rTy7aLw2n',
  'https://app.example.com/auth/magic-link/8f3b2c19d0e74a55b1c6',
  'https://app.example.com/login?magic_token=8f3b2c19d0e74a55b1c6',
  'https://app.example.com/passwordless/verify?c=Zx81kQp0mV3rTy7aLw2n',
  'https://app.example.com/email-login/Zx81kQp0mV3rTy7aLw2n',
])('%s logs in whoever opens it', (address) => {
  expect(looksLikeMagicLink(address)).toBe(true);
});

test.each([
  'https://app.example.com/login',
  'https://app.example.com/login?next=/account',
  'https://accounts.example.com/authorize?client_id=Zx81kQp0mV3rTy7aLw2n&state=8f3b2c19d0e74a55b1c6&nonce=8f3b2c19d0e74a55b1c7',
  'https://app.example.com/login?token=short',
  'https://app.example.com/magic-link',
  'https://app.example.com/tokens/overview',
])('%s is an ordinary login page', (address) => {
  expect(looksLikeMagicLink(address)).toBe(false);
});

test('the whole address and its long parts are secret, words are not', () => {
  const address = 'https://app.example.com/enter/now?token=Zx81kQp0%2FmV3rTy7&next=home';
  const secrets = secretsOfLink(address);
  expect(secrets).toEqual(expect.arrayContaining([address, 'Zx81kQp0/mV3rTy7']));
  expect(secrets).not.toContain('home');
  expect(secrets).not.toContain('enter');
});
