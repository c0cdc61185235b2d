import { aborted } from '../aborted.ts';
import { addressesOf, type Lookup } from './resolve-host.ts';

/** Milliseconds for which what a name led to is taken for what it leads to. */
const FRESH_MS = 30_000;
/** Milliseconds a look-up is waited for where there is an older answer. */
const PATIENCE_MS = 1_000;

/**
 * The addresses of a name that is asked for again and again: looked up anew when half a minute has passed, once for all
 * who ask at the same time. While its name server does not answer, or knows it no more, the last addresses stand.
 */
export class WatchedName {
  readonly #host: string;
  readonly #resolve: Lookup;
  readonly #now: () => number;
  #known: readonly string[] = [];
  #freshUntil = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | null = null;

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(host: string, resolve: Lookup, now: () => number) {
    this.#host = host;
    this.#resolve = resolve;
    this.#now = now;
  }

  /** What a look-up made elsewhere has found. */
  found(addresses: readonly string[]): void {
    this.#known = addresses;
    this.#freshUntil = this.#now() + FRESH_MS;
  }

  async addresses(): Promise<readonly string[]> {
    if (this.#now() >= this.#freshUntil) {
      this.#asking ??= this.#ask();
      await this.#asking;
    }
    return this.#known;
  }

  async #ask(): Promise<void> {
    const older = this.#known.length > 0;
    // Without an older answer nothing can be said before there is one.
    const answer = older ? this.#look(AbortSignal.timeout(FRESH_MS)) : this.#look();
    await (older ? Promise.race([answer, aborted(AbortSignal.timeout(PATIENCE_MS))]).catch(() => undefined) : answer);
    if (older) this.#freshUntil = this.#now() + FRESH_MS;
    this.#asking = null;
  }

  async #look(signal?: AbortSignal): Promise<void> {
    const addresses = await addressesOf(this.#host, this.#resolve, signal).catch(() => []);
    if (addresses.length > 0) this.found(addresses);
  }
}
