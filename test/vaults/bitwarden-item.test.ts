import { expect, test } from 'vitest';
import { readBitwardenItem } from '../../src/vaults/bitwarden-item.ts';

test.each([
  ['an address of any other match', [null, undefined, 0, 1, 2, 3], 'https://shop.example'],
  ['none where a regular expression stands, or that is never to be filled in', [4, 5], null],
])('a login names %s', (_what, matches, address) => {
  const uris = matches.map((match) => ({ match, uri: 'https://shop.example' }));
  const { addresses } = readBitwardenItem('Bitwarden', { type: 1, login: { username: 'ada', password: 'x', uris } });
  expect(addresses).toEqual(matches.map(() => address));
});
