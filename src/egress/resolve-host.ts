import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { aborted } from '../aborted.ts';
import type { FairTurns } from './fair-turns.ts';

/**
 * Looks a name up: all its addresses, in the system's order. Rejects with the system's error. `signal` takes back what
 * has not begun; a look-up of the system that has begun goes on to its end and holds one of the process's threads.
 */
export type Lookup = (host: string, signal?: AbortSignal) => Promise<string[]>;

export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** The look-ups of one of many, each when it is its turn. */
export function lookupInTurn(turns: FairTurns, who: string, resolve: Lookup = systemLookup): Lookup {
  return (host, signal) => turns.take(who, () => resolve(host), signal);
}

/** A name that browsers take for loopback whatever a resolver says (RFC 6761 §6.3). */
const LOCALHOST = /(^|\.)localhost\.?$/i;

/**
 * What a host as URLs write it leads to; nothing when it does not resolve. An address literal needs no resolver.
 * Everything that judges a host or dials it goes by this, once, so that what was judged is what is dialled. Throws the
 * signal's reason only.
 */
export async function addressesOf(
  host: string,
  resolve: Lookup = systemLookup,
  signal?: AbortSignal,
): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, '');
  if (isIP(name) > 0) return [name];
  try {
    return await (signal ? Promise.race([resolve(name, signal), aborted(signal)]) : resolve(name));
  } catch {
    signal?.throwIfAborted();
    return LOCALHOST.test(name) ? ['127.0.0.1', '::1'] : [];
  }
}
