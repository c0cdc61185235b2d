import { type EgressTrouble, isDenied } from '../egress/egress-trouble.ts';
import type { Evidence } from '../login/outcome.ts';
import type { Scrubber } from '../scrub.ts';

/** Places that are named in the evidence. */
const NAMED = 5;

/** What the browsers of a run were not let through to, for its evidence: a page may ask for much that it gets nothing of. */
export class RunEgress {
  readonly #denied = new Map<string, number>();
  readonly #scrubber: Scrubber;
  #count = 0;

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  take(trouble: EgressTrouble): void {
    if (!isDenied(trouble)) return;
    this.#count += 1;
    const { host, port, address } = trouble;
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const named = address === null || address === host ? place : `${place} (${address})`;
    if (this.#denied.size < NAMED || this.#denied.has(named))
      this.#denied.set(named, (this.#denied.get(named) ?? 0) + 1);
  }

  /** One sentence. The names in it were chosen by the page. */
  notes(): Evidence[] {
    if (this.#count === 0) return [];
    const places = [...this.#denied].map(([place, times]) => (times > 1 ? `${place} ${times} times` : place));
    const text = `Connections to where no page may go were stopped (${this.#count}): ${places.join(', ')}.`;
    return [{ signal: 'egress_stopped', weight: 0, text: this.#scrubber.scrubWords(text) }];
  }
}
