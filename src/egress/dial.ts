import { connect, type Socket } from 'node:net';
import { aborted } from '../aborted.ts';
import type { EgressTrouble } from './egress-trouble.ts';
import { denialOf, type PlaceRules } from './judge-address.ts';
import { addressesOf, type Lookup } from './resolve-host.ts';

/** Milliseconds a name may take to resolve and be judged, and a connection to come about. A page has 30 s to open. */
const CONNECT_MS = 20_000;

/** Where connections of browsers may go, and how they come about. */
export interface DialRules extends PlaceRules {
  /** The system's when left out. */
  lookup?: Lookup;
  /** Milliseconds; 20 seconds when left out. */
  connectMs?: number;
}

/** No connection, and why. */
export class NotDialled extends Error {
  override readonly name = 'NotDialled';
  readonly trouble: EgressTrouble;

  constructor(trouble: EgressTrouble) {
    super(`No connection: ${trouble.kind}`);
    this.trouble = trouble;
  }
}

/**
 * A connection to a host and port: the name is resolved once, every address judged, and one of these very addresses
 * dialled, with no second look-up. One address that is not allowed among others is enough to refuse. Throws NotDialled,
 * or the signal's reason.
 */
export async function dial(host: string, port: number, rules: DialRules, signal: AbortSignal): Promise<Socket> {
  const name = host.replace(/^\[|\]$/g, '');
  const timeout = AbortSignal.timeout(rules.connectMs ?? CONNECT_MS);
  const limit = AbortSignal.any([timeout, signal]);
  const fail = (kind: EgressTrouble['kind'], address: string | null) =>
    new NotDialled({ host: name, port, kind, address });
  const judged = async () => {
    const addresses = await addressesOf(name, rules.lookup, limit);
    if (addresses.length === 0) throw fail('dns', null);
    for (const address of addresses) {
      const denied = await denialOf(address, port, rules, 'browser');
      if (denied) throw fail(denied, address);
    }
    return addresses;
  };
  const addresses = await Promise.race([judged(), aborted(limit)]).catch((error: unknown) => {
    signal.throwIfAborted();
    throw limit.aborted && !(error instanceof NotDialled) ? fail('slow', null) : error;
  });
  return open(name, port, addresses, limit).catch((error: unknown) => {
    signal.throwIfAborted();
    throw fail(timeout.aborted || isTimeout(error) ? 'slow' : 'refused', addresses[0] ?? null);
  });
}

/** `addresses` are what the name resolved to: nothing else is asked for it here. */
function open(host: string, port: number, addresses: readonly string[], signal: AbortSignal): Promise<Socket> {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      autoSelectFamily: true,
      lookup: (_host, options, answer) => {
        const [first] = found;
        if (options.all) answer(null, found);
        else answer(null, first?.address ?? '', first?.family ?? 0);
      },
    });
    // Not given to connect(): it would destroy the connection long after it came about.
    const stop = () => socket.destroy(new Error('No connection in time.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const done = () => signal.removeEventListener('abort', stop);
    socket.once('error', (error) => {
      done();
      reject(error);
    });
    socket.once('connect', () => {
      done();
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
}
