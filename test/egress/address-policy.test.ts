import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowed } from '../../src/egress/address-policy.ts';
import { checkUrl, maySendSecret } from '../../src/egress/check-url.ts';

const PRIVATE = [
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ['link-local and metadata', '169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  ['carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
  ['unique local and metadata', 'fc00::1', 'fd00:ec2::254', 'fdff::1'],
  ['multicast', '224.0.0.1', '239.255.255.250', 'ff02::1'],
  ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
  ['broadcast and reserved', '255.255.255.255', '240.0.0.1'],
  ['documentation', '192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1'],
  ['benchmarking', '198.18.0.1', '198.19.255.255', '2001:2::1'],
  ['protocol assignments', '192.0.0.1', '192.0.0.170', '192.88.99.1', '192.52.193.1', '192.175.48.1', '192.31.196.1'],
  ['IPv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8'],
  ['IPv4-compatible', '::127.0.0.1', '::7f00:1', '::8.8.8.8'],
  ['translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
  ['6to4', '2002:7f00:1::1', '2002:808:808::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['ORCHID, AMT, AS112', '2001:10::1', '2001:20::1', '2001:3::1', '2001:4:112::1'],
  ['discard, site-local, segment routing', '100::1', 'fec0::1', '5f00::1'],
] as const satisfies string[][];

test.each(PRIVATE.map(([name, ...addresses]) => [name, addresses] as const))(
  '%s addresses are not the public Internet',
  (_name, addresses) => {
    for (const address of addresses) expect([address, isAllowed(address, [])]).toEqual([address, false]);
  },
);

test('public addresses are allowed', () => {
  const addresses = [
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ];
  for (const address of addresses) expect([address, isAllowed(address, [])]).toEqual([address, true]);
});

test('what is not a plain address is not allowed, whatever the list says', () => {
  for (const text of [
    '',
    'localhost',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '1.1.1.1.',
    ' 1.1.1.1',
    '1.1.1.1/32',
    ':::',
    '[::1]',
  ]) {
    expect([text, isAllowed(text, ['0.0.0.0/0', '::/0'])]).toEqual([text, false]);
  }
});

describe('the operator’s list', () => {
  test('opens exactly the networks it names', () => {
    expect(isAllowed('127.0.0.1', ['127.0.0.1/32'])).toBe(true);
    expect(isAllowed('127.0.0.2', ['127.0.0.1/32'])).toBe(false);
    expect(isAllowed('::1', ['127.0.0.0/8'])).toBe(false);
    expect(isAllowed('fd00::1', ['fd00::/8', '10.0.0.0/8'])).toBe(true);
  });

  test('judges a mapped address as the IPv4 address it leads to', () => {
    expect(isAllowed('::ffff:127.0.0.1', ['127.0.0.0/8'])).toBe(true);
    expect(isAllowed('::ffff:10.0.0.1', ['127.0.0.0/8'])).toBe(false);
    expect(isAllowed('64:ff9b::7f00:1', ['127.0.0.0/8'])).toBe(false);
  });

  test('never narrows the public Internet', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
        for (const address of [four, six]) {
          if (isAllowed(address, [])) expect(isAllowed(address, ['10.0.0.0/8'])).toBe(true);
        }
      }),
    );
  });
});

/** Every way the URL standard lets one write an IPv4 address. */
const spelled = fc
  .tuple(fc.ipV4(), fc.constantFrom('plain', 'number', 'hex', 'octal', 'short', 'mapped', 'dot'))
  .map(([address, form]) => {
    const bytes = address.split('.').map(Number) as [number, number, number, number];
    const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    const host = {
      plain: address,
      number: String(number),
      hex: `0x${number.toString(16)}`,
      octal: bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
      short: `${bytes[0]}.${number % 2 ** 24}`,
      mapped: `[::ffff:${address}]`,
      dot: `${address}.`,
    }[form];
    return { address, form, host };
  });

describe('checkUrl', () => {
  test('sees through every spelling of an address', async () => {
    await fc.assert(
      fc.asyncProperty(spelled, async ({ address, form, host }) => {
        const check = await checkUrl(`http://${host}:81/x`, []);
        const allowed = form !== 'mapped' && isAllowed(address, []);
        expect([host, check.ok]).toEqual([host, allowed]);
        if (check.ok) expect(check.addresses.every(isIPv4)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    '0x7f.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
    '127.1',
    '127.0.0.1.',
    '0177.0.0.1',
    'localhost',
    'LOCALHOST',
    // Browsers take these for loopback without asking a resolver, which may not know them.
    'kt-unknown.localhost',
    'a.b.LOCALHOST.',
    '０.0.0.0',
    '[::]',
    '[::1]',
  ])('%s is refused and named', async (host) => {
    expect(await checkUrl(`http://${host}/`, [])).toMatchObject({
      ok: false,
      reason: 'address',
      address: expect.any(String),
    });
  });

  test('takes every address of a name and lets the operator’s list decide', async () => {
    const check = await checkUrl('http://localhost:9/', ['127.0.0.0/8', '::1/128']);
    expect(check).toMatchObject({ ok: true });
    expect(check.ok && check.addresses.length).toBeGreaterThan(0);
  });

  test.each([
    'file:///etc/passwd',
    'chrome://version',
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://1.1.1.1/',
    'view-source:http://1.1.1.1',
    'not a url',
  ])('%s has no scheme of ours', async (url) => {
    expect(await checkUrl(url, ['0.0.0.0/0'])).toEqual({ ok: false, reason: 'scheme' });
  });

  test('refuses userinfo and tells a name that does not resolve from one that is forbidden', async () => {
    expect(await checkUrl('http://a:b@1.1.1.1/', [])).toEqual({ ok: false, reason: 'userinfo' });
    expect(await checkUrl('http://no-such-host.invalid/', [])).toEqual({ ok: false, reason: 'dns' });
  });

  test('a name whose look-up hangs is waited for no longer than it may take, and gets no secret', async () => {
    const hanging = { lookup: () => new Promise<string[]>(() => undefined), limitMs: 50 };
    expect(await checkUrl('http://tarpit.test/', [], hanging)).toEqual({ ok: false, reason: 'slow' });
    expect(await checkUrl('http://1.1.1.1/', [], hanging)).toMatchObject({ ok: true });
    expect(await maySendSecret('http://tarpit.test/', ['10.0.0.0/8'], hanging)).toBe(false);
  });
});
