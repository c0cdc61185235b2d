import { type EgressTrouble, isDenied } from '../egress/egress-trouble.ts';
import { type DeniedNavigation, withoutUserinfo } from './navigation-guard.ts';

/** Places that are remembered for one run. */
const MAX_PLACES = 500;

/**
 * Brings together what the browser and the egress proxy know of connections that did not come about: the one knows what
 * a request was for, the other why it failed. Either may be told first.
 */
export class Unreached {
  /** The first page, or request with the credential, that was denied. */
  denied: DeniedNavigation | null = null;
  /** The last reason by host and port. */
  readonly #troubles = new Map<string, EgressTrouble>();
  /** Addresses of pages and of requests with the credential that failed, by host and port; the last one last. */
  readonly #failed = new Map<string, string>();

  /** The proxy did not connect to somewhere. */
  noteTrouble(trouble: EgressTrouble): void {
    keep(this.#troubles, placeOf(trouble), trouble);
    this.#blame();
  }

  /** A page, or a request with the credential, failed. */
  noteFailed(address: string): void {
    const url = URL.parse(address);
    if (!url || !/^https?:$/.test(url.protocol)) return;
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const place = placeOf({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
    // Set anew, so that it stands last.
    this.#failed.delete(place);
    keep(this.#failed, place, withoutUserinfo(address));
    this.#blame();
  }

  /** Why the last page that failed was not reached; null where the proxy has nothing to do with it. */
  get last(): EgressTrouble | null {
    const place = [...this.#failed.keys()].at(-1);
    return (place !== undefined && this.#troubles.get(place)) || null;
  }

  #blame(): void {
    for (const [place, url] of this.#failed) {
      const trouble = this.#troubles.get(place);
      if (trouble && isDenied(trouble)) this.denied ??= { url, address: trouble.address, reason: trouble.kind };
    }
  }
}

const placeOf = ({ host, port }: { host: string; port: number }): string => `${host.toLowerCase()} ${port}`;

function keep<T>(places: Map<string, T>, place: string, value: T): void {
  if (places.size < MAX_PLACES || places.has(place)) places.set(place, value);
}
