interface Waiting {
  who: string;
  begin(): void;
}

/**
 * Work that takes something scarce: so much of it at a time altogether, and so much for each of those it is done for.
 * The rest waits. A turn that is free goes to whoever has the fewest, so that nobody is kept waiting by one who asks
 * for much.
 */
export class FairTurns {
  readonly #all: number;
  readonly #each: number;
  readonly #taken = new Map<string, number>();
  #takenByAll = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(limits: { all: number; each: number }) {
    this.#all = limits.all;
    this.#each = limits.each;
  }

  /** Does the work when it is its turn. Throws the signal's reason where that fires before it has begun. */
  async take<T>(who: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#isFree(who)) this.#begin(who);
    else await this.#turn(who, signal);
    try {
      return await work();
    } finally {
      this.#end(who);
    }
  }

  #isFree(who: string): boolean {
    return this.#takenByAll < this.#all && this.#of(who) < this.#each;
  }

  #of(who: string): number {
    return this.#taken.get(who) ?? 0;
  }

  #begin(who: string): void {
    this.#takenByAll += 1;
    this.#taken.set(who, this.#of(who) + 1);
  }

  #end(who: string): void {
    this.#takenByAll -= 1;
    const left = this.#of(who) - 1;
    if (left > 0) this.#taken.set(who, left);
    else this.#taken.delete(who);
    let next: Waiting | null = null;
    for (const one of this.#waiting) {
      if (this.#isFree(one.who) && (next === null || this.#of(one.who) < this.#of(next.who))) next = one;
    }
    if (next === null) return;
    this.#begin(next.who);
    next.begin();
  }

  #turn(who: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', leave);
      };
      const waiting: Waiting = {
        who,
        begin() {
          done();
          resolve();
        },
      };
      const leave = (): void => {
        done();
        reject(signal?.reason);
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
