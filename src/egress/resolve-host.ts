import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Looks a name up: all its addresses, in the system's order. Rejects with the system's error. */
export type Lookup = (host: string) => Promise<string[]>;

export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** A name that browsers take for loopback whatever a resolver says (RFC 6761 §6.3). */
const LOCALHOST = /(^|\.)localhost\.?$/i;

/**
 * What a host as URLs write it leads to; nothing when it does not resolve. An address literal needs no resolver.
 * Everything that judges a host or dials it goes by this, once, so that what was judged is what is dialled.
 */
export async function addressesOf(host: string, resolve: Lookup = systemLookup): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, '');
  if (isIP(name) > 0) return [name];
  try {
    return await resolve(name);
  } catch {
    return LOCALHOST.test(name) ? ['127.0.0.1', '::1'] : [];
  }
}
