import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { isAllowed } from './address-policy.ts';
import { FairTurns } from './fair-turns.ts';
import { type Lookup, lookupInTurn } from './resolve-host.ts';
import { WatchedName } from './watched-name.ts';

/** For how long the machine's addresses are remembered, milliseconds. */
const REMEMBER_MS = 5_000;
/** Vaults whose names are watched, and addresses they were called at, that are remembered: those used last. */
const MAX_VAULTS = 256;
const MAX_PLACES = 1_024;
/** Look-ups at a time, of all names and of each. */
const LOOKUPS = { all: 4, each: 1 };

/** A server the service uses, and that no browser may talk to. */
export interface OwnServer {
  host: string;
  port: number;
  /** It speaks HTTP: then it is no secret place where it is on the public Internet, possibly beside other sites. */
  web: boolean;
}

/**
 * What belongs to the service itself: the machine it runs on and the servers it uses. None of them is for a site's page,
 * even where the operator allows the network they are in.
 */
export class OwnPlaces {
  /** Ports of this process. Refused at every address of the machine, whichever of them it listens on. */
  readonly #ports = new Set<number>();
  readonly #servers: { host: string; port: number; web: boolean; name: WatchedName }[] = [];
  /** Vaults that were called inside, by host and port, the last one last. */
  readonly #vaults = new Map<string, { port: number; name: WatchedName }>();
  /** Where, by address and port. */
  readonly #called = new Map<string, { port: number; address: string }>();
  readonly #watch: (host: string) => WatchedName;
  #addresses: { known: ReadonlySet<string>; until: number } = { known: new Set(), until: 0 };

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(resolve?: Lookup, now: () => number = () => performance.now()) {
    const turns = new FairTurns(LOOKUPS);
    this.#watch = (host) => new WatchedName(host, lookupInTurn(turns, host, resolve), now);
  }

  /** A port this process listens on. */
  addPort(port: number): void {
    this.#ports.add(port);
  }

  removePort(port: number): void {
    this.#ports.delete(port);
  }

  /** A server the service is configured with: the database, a language model in the house. The first word stands. */
  addServer(server: OwnServer): void {
    const known = this.#servers.some(({ host, port }) => host === server.host && port === server.port);
    if (!known) this.#servers.push({ ...server, name: this.#watch(server.host) });
  }

  /**
   * A vault that is called now, at one of these addresses. On the public Internet it is no secret place; inside it is
   * closed where it is called, and where its name leads from now on.
   */
  addVault(host: string, port: number, addresses: readonly string[]): void {
    const inner = addresses.filter((address) => !isAllowed(address, []));
    if (inner.length === 0) return;
    for (const address of inner) putLast(this.#called, `${address} ${port}`, { port, address }, MAX_PLACES);
    const key = `${host} ${port}`;
    const vault = this.#vaults.get(key) ?? { port, name: this.#watch(host) };
    vault.name.found(inner);
    putLast(this.#vaults, key, vault, MAX_VAULTS);
  }

  /** Whether the address is one of this machine. */
  isThisMachine(address: string): boolean {
    const target = ipaddr.process(address);
    return ['loopback', 'unspecified'].includes(target.range()) || this.#own().has(target.toString());
  }

  /** Whether something of the service is at this address and port; what names lead to is known for half a minute. */
  async includes(address: string, port: number, who: 'browser' | 'service'): Promise<boolean> {
    const here = this.isThisMachine(address);
    if (here && this.#ports.has(port)) return true;
    const isHere = (own: string) => sameAddress(own, address) || (here && this.isThisMachine(own));
    const leadsHere = async (name: WatchedName, web: boolean) =>
      (await name.addresses()).some((own) => !(web && isAllowed(own, [])) && isHere(own));
    // What speaks HTTP is closed inside only: elsewhere its name need not be looked up.
    const web = who === 'browser' && (here || !isAllowed(address, []));
    const at = <T extends { port: number }>(places: Iterable<T>) => [...places].filter((one) => one.port === port);
    if (web && at(this.#called.values()).some((place) => isHere(place.address))) return true;
    const servers = at(this.#servers).filter((server) => web || !server.web);
    const vaults = web ? at(this.#vaults.values()) : [];
    const found = await Promise.all([
      ...servers.map((server) => leadsHere(server.name, server.web)),
      ...vaults.map(({ name }) => leadsHere(name, true)),
    ]);
    return found.includes(true);
  }

  #own(): ReadonlySet<string> {
    if (Date.now() > this.#addresses.until) {
      const found = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      const known = new Set(found.map(({ address }) => ipaddr.process(address.split('%', 1)[0] ?? '').toString()));
      this.#addresses = { known, until: Date.now() + REMEMBER_MS };
    }
    return this.#addresses.known;
  }
}

/** Puts an entry last; the first one goes where there are too many. */
function putLast<T>(entries: Map<string, T>, key: string, value: T, limit: number): void {
  entries.delete(key);
  entries.set(key, value);
  const [first] = entries.keys();
  if (entries.size > limit && first !== undefined) entries.delete(first);
}

function sameAddress(a: string, b: string): boolean {
  return ipaddr.process(a).toString() === ipaddr.process(b).toString();
}
