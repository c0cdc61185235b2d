import { lookup } from 'node:dns/promises';
import { isAllowed } from './address-policy.ts';
import { CallFailed, deniedAddress } from './guarded-client.ts';

/**
 * The addresses of a host, resolved once, for a connection of our own to exactly one of them: the name is not looked up
 * again when it is dialled. Throws CallFailed when it does not resolve, or when one of them is not allowed.
 */
export async function allowedAddresses(host: string, allowNetworks: readonly string[]): Promise<string[]> {
  const found = await lookup(host.replace(/^\[|\]$/g, ''), { all: true, verbatim: true }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new CallFailed('network', `its name does not resolve (${code})`);
  });
  const denied = found.find(({ address }) => !isAllowed(address, allowNetworks));
  if (denied) throw deniedAddress(denied.address);
  return found.map(({ address }) => address);
}
