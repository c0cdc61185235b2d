/**
 * Tells for how long values have been seen unchanged, by looks that come at a regular pace. Nobody's wall clock is asked,
 * neither the writer's nor the database's nor our own: a jump of any of them makes nothing look old, and nothing young.
 * An interval counts for at most two paces, so after a pause of the looker, or while the database was away, the writers
 * get their time again to show that they live.
 */
export class Stillness {
  readonly #paceMs: number;
  readonly #now: () => number;
  #seen = new Map<string, { value: string; stillMs: number }>();
  #lookedAt: number | null = null;

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(paceMs: number, now: () => number = () => performance.now()) {
    this.#paceMs = paceMs;
    this.#now = now;
  }

  /** One look at everything there is. Returns what has been the same for `afterMs` or longer, and for how long. */
  look(values: Iterable<readonly [key: string, value: string]>, afterMs: number): Map<string, number> {
    const at = this.#now();
    const passed = this.#lookedAt === null ? 0 : Math.min(at - this.#lookedAt, 2 * this.#paceMs);
    this.#lookedAt = at;
    const seen = new Map<string, { value: string; stillMs: number }>();
    const still = new Map<string, number>();
    for (const [key, value] of values) {
      const before = this.#seen.get(key);
      const stillMs = before?.value === value ? before.stillMs + passed : 0;
      seen.set(key, { value, stillMs });
      if (stillMs >= afterMs) still.set(key, stillMs);
    }
    this.#seen = seen;
    return still;
  }
}
