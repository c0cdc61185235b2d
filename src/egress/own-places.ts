import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { isAllowed } from './address-policy.ts';
import { addressesOf, type Lookup, systemLookup } from './resolve-host.ts';

/** For how long the machine's addresses are remembered, milliseconds. */
const REMEMBER_MS = 5_000;

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
  readonly #servers: OwnServer[] = [];
  readonly #resolve: Lookup;
  #addresses: { known: ReadonlySet<string>; until: number } = { known: new Set(), until: 0 };

  constructor(resolve: Lookup = systemLookup) {
    this.#resolve = resolve;
  }

  /** A port this process listens on. */
  addPort(port: number): void {
    this.#ports.add(port);
  }

  removePort(port: number): void {
    this.#ports.delete(port);
  }

  /** A server the service uses: the database, a vault, a language model in the house. The first word on it stands. */
  addServer(server: OwnServer): void {
    const known = this.#servers.some(({ host, port }) => host === server.host && port === server.port);
    if (!known) this.#servers.push(server);
  }

  /** Whether the address is one of this machine. */
  isThisMachine(address: string): boolean {
    const target = ipaddr.process(address);
    return ['loopback', 'unspecified'].includes(target.range()) || this.#own().has(target.toString());
  }

  /** Whether something of the service is at this address and port. Names are looked up as they are now. */
  async includes(address: string, port: number, who: 'browser' | 'service'): Promise<boolean> {
    const here = this.isThisMachine(address);
    if (here && this.#ports.has(port)) return true;
    const servers = this.#servers.filter((one) => one.port === port && !(one.web && who === 'service'));
    for (const server of servers) {
      for (const own of await addressesOf(server.host, this.#resolve)) {
        if (server.web && isAllowed(own, [])) continue;
        if (sameAddress(own, address) || (here && this.isThisMachine(own))) return true;
      }
    }
    return false;
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

function sameAddress(a: string, b: string): boolean {
  return ipaddr.process(a).toString() === ipaddr.process(b).toString();
}
