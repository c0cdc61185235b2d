import { isAllowed, isNamed } from './address-policy.ts';
import type { OwnPlaces } from './own-places.ts';

/** Where connections may go. */
export interface PlaceRules {
  /** CIDR networks reachable besides the public Internet. */
  allowNetworks: readonly string[];
  ownPlaces: OwnPlaces;
}

/**
 * Why nobody is connected to an address and port; null: it is allowed. `address`: neither public nor in a network the
 * operator names. `own`: something of the service itself, named or not. The one rule for browsers and for calls of the
 * service's own, except that the latter may use the web servers the service is configured with.
 */
export async function denialOf(
  address: string,
  port: number,
  { allowNetworks, ownPlaces }: PlaceRules,
  who: 'browser' | 'service',
): Promise<'address' | 'own' | null> {
  if (!isAllowed(address, allowNetworks)) return 'address';
  if (await ownPlaces.includes(address, port, who)) return 'own';
  // A public address of the machine itself leads to what listens here: for that its network has to be named.
  return ownPlaces.isThisMachine(address) && !isNamed(address, allowNetworks) ? 'address' : null;
}
