import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { isAllowed } from './address-policy.ts';
import { FairTurns } from './fair-turns.ts';
import { denialOf } from './judge-address.ts';
import { OwnPlaces } from './own-places.ts';
import { addressesOf, type Lookup, lookupInTurn } from './resolve-host.ts';

/** A call of the service to an address somebody else chose. */
export interface GuardedRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds for the whole call. */
  timeoutMs: number;
  /** Bytes of the answer that are read at most. */
  maxBytes: number;
  signal?: AbortSignal;
  /** What is sent is secret: over http it goes to private addresses only, and of those to what the operator allows. */
  secret?: boolean;
  /** What is called holds secrets for the service: from now on no browser gets there, unless it is public. */
  vault?: boolean;
}

export interface GuardedAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Why a call came to nothing. Neither the address's query nor a body is in the message. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly kind: 'address' | 'scheme' | 'size' | 'time' | 'network';

  constructor(kind: CallFailed['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Why an address is not dialled at a port; null: it is. */
type Refusal = (address: string, port: number) => Promise<CallFailed | null>;

/** How addresses are judged before one is dialled, and who is told of those that may be. */
interface Way {
  refusal: Refusal;
  onAllowed: (host: string, port: number, addresses: readonly string[]) => void;
  turns: FairTurns;
}

/** Milliseconds a connection may take to come about, and a look-up to have its turn. */
const CONNECT_MS = 10_000;
/** Look-ups at a time, of all calls and of each name: an endpoint whose name hangs is asked for again and again. */
const LOOKUPS = { all: 16, each: 2 };

/** Resolves once and answers only if no address is refused; what was checked is what is dialled. */
function guardedLookup({ refusal, onAllowed, turns }: Way, port: number): LookupFunction {
  const found = async (hostname: string, options: LookupOptions): Promise<LookupAddress[]> => {
    const signal = AbortSignal.timeout(CONNECT_MS);
    const looked = turns.take(hostname, () => lookup(hostname, { ...options, all: true }), signal);
    const addresses = await looked.catch((error: unknown) => {
      throw signal.aborted ? new CallFailed('time', 'its name does not resolve in time') : error;
    });
    const refusals = await Promise.all(addresses.map(({ address }) => refusal(address, port)));
    const refused = refusals.find((found) => found !== null);
    if (refused) throw refused;
    onAllowed(
      hostname,
      port,
      addresses.map(({ address }) => address),
    );
    return addresses;
  };
  return (hostname, options, callback) => {
    found(hostname, options).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family ?? 0);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

/** The refusal of an address that may not be dialled. */
function deniedAddress(address: string): CallFailed {
  const text = `the address ${address} is private; name its network in KEYTURN_ALLOW_NETWORKS to allow it`;
  return new CallFailed('address', text);
}

/** The refusal of a place that belongs to the service. */
function ownPlace(address: string, port: number): CallFailed {
  return new CallFailed('address', `port ${port} at the address ${address} belongs to Keyturn itself`);
}

/** The refusal of a public address for secrets over http. */
function readableByAll(address: string): CallFailed {
  return new CallFailed(
    'scheme',
    `the address ${address} is public, and over http all on the way could read; use https`,
  );
}

/**
 * HTTP for what the service itself calls (endpoints for codes, later webhooks and vaults): public addresses or the
 * networks the operator allows, resolved once and dialled as checked, no redirects followed, no connection kept, time
 * and size bounded.
 */
export class GuardedClient {
  /** Looks up names that customers choose: a few at a time, and not many times the same. */
  readonly lookup: Lookup;
  readonly #ways: Record<'ordinary' | 'private', Record<'vault' | 'other', Way & { agent: Agent }>>;

  constructor(allowNetworks: readonly string[], ownPlaces = new OwnPlaces()) {
    const denied: Refusal = async (address, port) => {
      const denial = await denialOf(address, port, { allowNetworks, ownPlaces }, 'service');
      if (denial === null) return null;
      return denial === 'own' ? ownPlace(address, port) : deniedAddress(address);
    };
    // Where no network is allowed only the public Internet is.
    const deniedOrPublic: Refusal = async (address, port) =>
      (await denied(address, port)) ?? (isAllowed(address, []) ? readableByAll(address) : null);
    const turns = new FairTurns(LOOKUPS);
    this.lookup = (host, signal) => lookupInTurn(turns, host)(host, signal);
    const ways = (refusal: Refusal) => ({
      vault: way({ refusal, turns, onAllowed: (...vault) => ownPlaces.addVault(...vault) }),
      other: way({ refusal, turns, onAllowed: () => undefined }),
    });
    this.#ways = { ordinary: ways(denied), private: ways(deniedOrPublic) };
  }

  /**
   * The addresses of a host, resolved once, for a connection of another kind to a port at exactly one of them: the name
   * is not looked up again when it is dialled. Throws CallFailed when it does not resolve, or when one of them is
   * refused, or the signal's reason.
   */
  async allowedAddresses(host: string, port: number, signal: AbortSignal): Promise<string[]> {
    const limit = AbortSignal.any([AbortSignal.timeout(CONNECT_MS), signal]);
    const addresses = await addressesOf(host, this.lookup, limit).catch(() => {
      signal.throwIfAborted();
      throw new CallFailed('time', 'its name does not resolve in time');
    });
    if (addresses.length === 0) throw new CallFailed('network', 'its name does not resolve');
    for (const address of addresses) {
      const refused = await this.#ways.ordinary.other.refusal(address, port);
      if (refused) throw refused;
    }
    return addresses;
  }

  /** Throws CallFailed, or the signal's reason. An answer of any status is returned. */
  async call(url: string, options: GuardedRequest): Promise<GuardedAnswer> {
    const target = URL.parse(url);
    if (!target || !/^https?:$/.test(target.protocol))
      throw new CallFailed('scheme', 'the address is not http or https');
    const literal = target.hostname.replace(/^\[|\]$/g, '');
    const ways = this.#ways[options.secret && target.protocol === 'http:' ? 'private' : 'ordinary'];
    const { refusal, onAllowed, agent } = options.vault ? ways.vault : ways.other;
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    // A literal address is dialled without a look-up.
    if (isIP(literal) > 0) {
      const refused = await refusal(literal, port);
      if (refused) throw refused;
      onAllowed(literal, port, [literal]);
    }
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
    try {
      const { statusCode, headers, body } = await request(target, {
        method: options.method,
        headers: options.headers ?? {},
        body: options.body ?? null,
        dispatcher: agent,
        signal,
      });
      return { status: statusCode, headers, text: await bounded(body, options.maxBytes) };
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (error instanceof CallFailed) throw error;
      if (timeout.aborted) throw new CallFailed('time', `no answer within ${Math.round(options.timeoutMs / 1000)} s`);
      const cause = error instanceof Error && error.cause instanceof CallFailed ? error.cause : null;
      if (cause) throw cause;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
      throw new CallFailed('network', `the call failed (${code})`);
    }
  }

  async close(): Promise<void> {
    const ways = Object.values(this.#ways).flatMap(({ vault, other }) => [vault, other]);
    await Promise.all(ways.map(({ agent }) => agent.destroy()));
  }
}

function way(rules: Way): Way & { agent: Agent } {
  // The look-up is not told the port, so each connection has one of its own. None of them is kept.
  const connect: buildConnector.connector = (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    buildConnector({ lookup: guardedLookup(rules, port), timeout: CONNECT_MS })(options, callback);
  };
  return { ...rules, agent: new Agent({ connect, pipelining: 0 }) };
}

async function bounded(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop destroys the stream and with it the connection.
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new CallFailed('size', `the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
