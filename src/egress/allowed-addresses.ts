import { isAllowed } from './address-policy.ts';
import { CallFailed, deniedAddress } from './guarded-client.ts';
import { addressesOf } from './resolve-host.ts';

/**
 * The addresses of a host, resolved once, for a connection of our own to exactly one of them: the name is not looked up
 * again when it is dialled. Throws CallFailed when it does not resolve, or when one of them is not allowed.
 */
export async function allowedAddresses(host: string, allowNetworks: readonly string[]): Promise<string[]> {
  const addresses = await addressesOf(host);
  if (addresses.length === 0) throw new CallFailed('network', 'its name does not resolve');
  const denied = addresses.find((address) => !isAllowed(address, allowNetworks));
  if (denied !== undefined) throw deniedAddress(denied);
  return addresses;
}
