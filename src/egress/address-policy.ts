import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Networks that are not the public Internet and that ipaddr.js does not name (IANA special-purpose registries). */
const ALSO_SPECIAL: [Address, number][] = [
  // IETF protocol assignments, AS112, AMT, direct delegation AS112 (RFC 6890, 7534, 7450, 7535).
  '192.0.0.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.175.48.0/24',
  // IPv4-compatible (RFC 4291 §2.5.5.1), discard-only (RFC 6666), local-use NAT64 (RFC 8215), site-local (RFC 3879).
  '::/96',
  '100::/64',
  '64:ff9b:1::/48',
  'fec0::/10',
  // IETF protocol assignments with Teredo and ORCHID inside, documentation, segment routing (RFC 2928, 9637, 9602).
  '2001::/23',
  '3fff::/20',
  '5f00::/16',
].map((network) => ipaddr.parseCIDR(network));

function inNetwork(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * Whether an address is public Internet: everything special-purpose is not (loopback, private, link-local with the
 * metadata services, carrier-grade NAT, unique local, multicast, unspecified, broadcast, reserved, documentation,
 * benchmarking), nor are the IPv6 forms that carry an IPv4 address to a gateway (mapped, compatible, NAT64, 6to4,
 * Teredo): what lies behind them is not ours to guess.
 */
function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && !ALSO_SPECIAL.some((network) => inNetwork(address, network));
}

/** An address as it is judged; null for what is not a plain IP address. A zone (`%eth0`) is left out. */
function parsed(ip: string): Address | null {
  const text = ip.split('%', 1)[0] ?? '';
  if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text))) return null;
  return ipaddr.parse(text);
}

/**
 * Whether the operator's list (CIDR) names a network the address is in. An IPv4-mapped address is judged as the IPv4
 * address the kernel would connect to.
 */
export function isNamed(ip: string, allowNetworks: readonly string[]): boolean {
  const address = parsed(ip);
  if (!address) return false;
  const target = ipaddr.process(address.toString());
  return allowNetworks.some((network) => {
    const cidr = ipaddr.parseCIDR(network);
    return inNetwork(target, cidr) || inNetwork(address, cidr);
  });
}

/**
 * Whether the browser or the service may talk to this address: public Internet, or inside one of the networks the
 * operator allows. What is not an IP address at all is not allowed.
 */
export function isAllowed(ip: string, allowNetworks: readonly string[]): boolean {
  const address = parsed(ip);
  return address !== null && (isPublic(address) || isNamed(ip, allowNetworks));
}
