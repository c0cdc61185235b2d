import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CredentialMatcher, type OutgoingRequest } from '../../src/browser/credential-match.ts';

const SECRET = 'Gr\u00fcn&"+9/% wood';
const request = (change: Partial<OutgoingRequest> & { text?: string; type?: string }): OutgoingRequest => ({
  method: 'POST',
  url: 'https://site.test/login',
  headers: change.type ? { 'content-type': change.type } : {},
  body: change.text === undefined ? null : Buffer.from(change.text),
  ...change,
});
const form = (fields: Record<string, string>) =>
  request({ type: 'application/x-www-form-urlencoded', text: new URLSearchParams(fields).toString() });
const json = (value: unknown) => request({ type: 'application/json', text: JSON.stringify(value) });
const hashed = (name: string, text: string) => createHash(name).update(text).digest('hex');
const multipart = (value: string) =>
  request({
    type: 'multipart/form-data; boundary=xYz',
    text: `--xYz\r\nContent-Disposition: form-data; name="pw"\r\n\r\n${value}\r\n--xYz--\r\n`,
  });

describe('a long secret is found', () => {
  const matcher = new CredentialMatcher(SECRET);
  const base64 = Buffer.from(SECRET).toString('base64');
  test.each<[string, OutgoingRequest]>([
    ['in a form', form({ user: 'ada', pw: SECRET })],
    ['in JSON', json({ user: 'ada', pw: SECRET })],
    [
      'in JSON with escapes',
      request({ type: 'application/json', text: JSON.stringify({ pw: SECRET }).replace('\u00fc', '\\u00fc') }),
    ],
    ['in a list in JSON', json([{ variables: { input: ['x', SECRET] } }])],
    ['in JSON within a form', form({ data: JSON.stringify({ pw: SECRET }) })],
    ['in multipart', multipart(SECRET)],
    ['as plain text', request({ type: 'text/plain', text: SECRET })],
    ['without a content type', request({ text: `pw=${encodeURIComponent(SECRET)}` })],
    ['in the query', request({ method: 'GET', url: `https://site.test/?p=${encodeURIComponent(SECRET)}` })],
    [
      'in the query, as a form',
      request({ method: 'GET', url: `https://site.test/?${new URLSearchParams({ p: SECRET })}` }),
    ],
    ['in the path', request({ method: 'GET', url: `https://site.test/${encodeURIComponent(SECRET)}/x` })],
    ['in base64', json({ pw: base64 })],
    ['in base64 of something longer', json({ token: Buffer.from(`ada:${SECRET}!`).toString('base64') })],
    [
      'in base64 of one byte a character',
      request({ text: Buffer.from(`{"p":${JSON.stringify(SECRET)}}`, 'latin1').toString('base64') }),
    ],
    [
      'in a Basic header',
      request({ headers: { authorization: `Basic ${Buffer.from(`ada:${SECRET}`).toString('base64')}` } }),
    ],
    ['in a header of its own', request({ headers: { 'x-password': encodeURIComponent(SECRET) } })],
    ['in hex', json({ pw: Buffer.from(SECRET).toString('hex') })],
    ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((name): [string, OutgoingRequest][] => [
      [`as ${name}`, form({ pw: hashed(name, SECRET) })],
      [`as ${name} in capitals`, json({ pw: hashed(name, SECRET).toUpperCase() })],
    ]),
  ])('%s', (_where, found) => {
    expect(matcher.isIn(found)).toBe(true);
  });

  test.each<[string, OutgoingRequest]>([
    ['another password', form({ user: 'ada', pw: 'Gr\u00fcn&"+9/% woods'.replace('woods', 'steel') })],
    ['nothing', request({})],
    ['the page it came from', request({ headers: { referer: `https://site.test/?p=${encodeURIComponent(SECRET)}` } })],
    ['cookies', request({ headers: { cookie: `p=${encodeURIComponent(SECRET)}` } })],
  ])('not in %s', (_where, other) => {
    expect(matcher.isIn(other)).toBe(false);
  });

  test('in messages of a socket', () => {
    expect(matcher.isInMessage(JSON.stringify({ login: ['ada', SECRET] }))).toBe(true);
    expect(matcher.isInMessage(Buffer.from(SECRET))).toBe(true);
    expect(matcher.isInMessage('ping')).toBe(false);
  });
});

describe('a short secret is found only as a whole field', () => {
  const matcher = new CredentialMatcher('4711');
  test.each<[string, OutgoingRequest]>([
    ['in a form', form({ code: '4711' })],
    ['as a number in JSON', json({ code: 4711 })],
    ['in multipart', multipart('4711')],
    ['in the query', request({ method: 'GET', url: 'https://site.test/?code=4711' })],
    ['in the path', request({ method: 'GET', url: 'https://site.test/verify/4711' })],
    ['in base64', json({ code: Buffer.from('4711').toString('base64') })],
    ['as a digest', json({ code: hashed('sha256', '4711') })],
    ['in a Basic header', request({ headers: { authorization: `Basic ${btoa('ada:4711')}` } })],
  ])('%s', (_where, found) => {
    expect(matcher.isIn(found)).toBe(true);
  });

  test.each<[string, OutgoingRequest]>([
    ['a longer number', form({ time: '1747110000' })],
    ['a sentence', json({ text: 'room 4711 please' })],
    ['an address', request({ method: 'GET', url: 'https://site.test/item-4711.js?v=14711' })],
  ])('not in %s', (_where, other) => {
    expect(matcher.isIn(other)).toBe(false);
  });
});

test('a secret that equals the username counts only under a name of secrets', () => {
  const matcher = new CredentialMatcher('administrator', ['Administrator']);
  expect(matcher.isIn(form({ user: 'administrator', password: 'administrator' }))).toBe(true);
  expect(matcher.isIn(json({ auth: { pwd: 'administrator' } }))).toBe(true);
  expect(matcher.isIn(request({ headers: { authorization: `Basic ${btoa('administrator:administrator')}` } }))).toBe(
    true,
  );
  expect(matcher.isIn(form({ user: 'administrator' }))).toBe(false);
  expect(matcher.isIn(request({ method: 'GET', url: 'https://site.test/?username=administrator' }))).toBe(false);
});

test('a secret that is a common word is a whole field, and no part of an address', () => {
  const matcher = new CredentialMatcher('password');
  expect(matcher.isIn(form({ user: 'ada', password: 'password' }))).toBe(true);
  expect(matcher.isIn(json({ x1: 'password' }))).toBe(true);
  expect(matcher.isIn(json({ pw: hashed('md5', 'password') }))).toBe(true);
  expect(matcher.isIn(form({ user: 'ada', password: 'other' }))).toBe(false);
  expect(matcher.isIn(request({ method: 'GET', url: 'https://site.test/reset/password?lang=en' }))).toBe(false);
  expect(matcher.isIn(json({ text: 'Forgot password?' }))).toBe(false);
});
