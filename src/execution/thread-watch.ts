import { Stillness } from '../stillness.ts';

/** How long a thread may hear nothing: longer than any page takes to be read on a busy machine. */
const STUCK_MS = 15_000;
/** Looks in that time. */
const LOOKS = 6;
/** One that is still loading has no pulse yet, and may take so many times as long on a busy machine. */
const LOADING = 4;

/** What a thread posts outside of any job. */
export interface PulseNotice {
  pulse: number;
}

export function isPulse(notice: unknown): notice is PulseNotice {
  return typeof notice === 'object' && notice !== null && 'pulse' in notice && typeof notice.pulse === 'number';
}

/** Notices a thread that is stuck: in an endless loop it shows no pulse, and no message or signal reaches it. */
export class ThreadWatch {
  readonly #pulses = new Map<number, number>();
  readonly #stillness: Stillness;
  readonly #timer: NodeJS.Timeout;
  /** Threads that have not been heard for half of the time. */
  #silent: ReadonlySet<string> = new Set();

  constructor(onStuck: (thread: number) => void, stuckMs = STUCK_MS) {
    const pace = stuckMs / LOOKS;
    this.#stillness = new Stillness(pace);
    this.#timer = setInterval(() => {
      const values = [...this.#pulses].map(([thread, beats]) => [String(thread), String(beats)] as const);
      const silent = new Set<string>();
      for (const [thread, ms] of this.#stillness.look(values, stuckMs / 2)) {
        const limit = this.#pulses.get(Number(thread)) === 0 ? LOADING * stuckMs : stuckMs;
        if (ms >= limit / 2) silent.add(thread);
        if (ms >= limit) onStuck(Number(thread));
      }
      this.#silent = silent;
    }, pace);
    this.#timer.unref();
  }

  /** `loaded`: its first beat is over, and came before anybody knew of it. */
  began(thread: number, { loaded }: { loaded: boolean }): void {
    this.#pulses.set(thread, loaded ? 1 : 0);
  }

  /** Nothing of a thread that has ended: its last beat may come late. */
  heard({ pulse: thread }: PulseNotice): void {
    const beats = this.#pulses.get(thread);
    if (beats !== undefined) this.#pulses.set(thread, beats + 1);
  }

  ended(thread: number): void {
    this.#pulses.delete(thread);
  }

  /** Whether one of the first threads has not loaded yet. */
  get loading(): boolean {
    return [...this.#pulses.values()].includes(0);
  }

  /** How many threads answer. */
  get answering(): number {
    return [...this.#pulses.keys()].filter((thread) => !this.#silent.has(String(thread))).length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
