import { expect, test } from 'vitest';
import { lookAlike } from '../../src/login/origins.ts';

const ALLOWED = ['https://accounts.example.com'];

test.each([
  'https://accounts.example.com.evil.test',
  'https://accounts-example.com',
  'https://accounts.examp1e.com',
  'https://account.example.com',
  'https://accounts.exarnple.com',
  'https://xn--ccounts-9lf.example.com',
  'https://login-accounts.example.com.co',
])('%s looks like an allowed host', (origin) => {
  expect(lookAlike(origin, ALLOWED)).toMatch(/example\.com/);
});

test.each([
  'https://accounts.example.com',
  'https://www.accounts.example.com',
  'https://other.test',
  'http://127.0.0.1:81',
])('%s does not', (origin) => {
  expect(lookAlike(origin, ALLOWED)).toBeNull();
});

test('addresses look like nothing', () => {
  expect(lookAlike('http://127.0.0.2:80', ['http://127.0.0.1:80'])).toBeNull();
});
