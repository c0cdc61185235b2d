import { expect, test } from 'vitest';
import { originsOf } from '../../src/credentials/link-item.ts';

test.each([
  ['https://shop.example/login?x#y', 'https://shop.example'],
  [' HTTP://Shop.example:80 ', 'http://shop.example'],
  ['example.com', 'https://example.com'],
  ['example.com:8443/login', 'https://example.com:8443'],
  ['example.com/?next=https://b.example', 'https://example.com'],
  ['example.com/ada@b.example', 'https://example.com'],
  ['localhost:3000', 'https://localhost:3000'],
  ['10.0.0.1:8080', 'https://10.0.0.1:8080'],
  ['[::1]:8443', 'https://[::1]:8443'],
  ['bücher.example:8443', 'https://xn--bcher-kva.example:8443'],
])('%s is the web address %s', (address, origin) => {
  expect(originsOf([address, address])).toEqual([origin]);
});

test.each([
  'mailto:ada@evil.example',
  'ada@evil.example',
  'https://ada@evil.example',
  'https://shop.example:443@evil.example/',
  'shop.example:443@evil.example',
  'shop.example:pass@evil.example',
  'androidapp://com.example.shop',
  'androidapp:com.example.shop',
  'android://hash@com.example.shop/',
  'javascript:alert(1)',
  'javascript:1',
  'java\nscript:1',
  'javascript://shop.example/%0aalert(1)',
  'tel:110',
  'sms:110',
  'data:text/html,x',
  'file:///etc/passwd',
  'https:/shop.example',
  'about:blank',
  'the shop',
  '',
])('%j is no web address', (address) => {
  expect(originsOf([address, 'https://shop.example'])).toEqual(['https://shop.example']);
});

test('addresses none of which is a web address are not the same as no addresses', () => {
  expect(originsOf([])).toEqual([]);
  expect(originsOf(['androidapp://com.example.shop', 'ada@shop.example'])).toBeNull();
  expect(originsOf([null])).toBeNull();
  expect(originsOf([null, 'shop.example'])).toEqual(['https://shop.example']);
});
