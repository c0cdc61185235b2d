import type { Stage } from '../login/outcome.ts';

/** What a run is at, one after the other: each lasts until the next begins. */
export const PHASES = [
  'opening',
  'identifier',
  'password',
  'extra',
  'code_wait',
  'code',
  'approval_wait',
  'judging',
  'saving',
] as const satisfies readonly (Stage | string)[];
export type Phase = (typeof PHASES)[number];

/** One stretch of a run. Unix milliseconds. */
export interface PhaseSpan {
  phase: Phase;
  from: number;
  until: number;
}

/** Follows a run through its phases, by what its worker tells. */
export class RunPhases {
  readonly #spans: PhaseSpan[] = [];
  #phase: Phase = 'opening';
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  get phase(): Phase {
    return this.#phase;
  }

  enter(phase: Phase, now: number): void {
    if (phase === this.#phase) return;
    this.#close(now);
    this.#phase = phase;
  }

  /** Ends the run. `judgedAt`: when its outcome was clear, if it came to one; what follows is the saving of a session. */
  end(now: number, judgedAt: number | null): readonly PhaseSpan[] {
    if (judgedAt !== null && judgedAt > this.#since && judgedAt < now) this.enter('saving', judgedAt);
    this.#close(now);
    return this.#spans;
  }

  /** The worker's clock is main's, but its news come later: no stretch is shorter than nothing. */
  #close(now: number): void {
    const until = Math.max(now, this.#since);
    if (until > this.#since) this.#spans.push({ phase: this.#phase, from: this.#since, until });
    this.#since = until;
  }
}

/** Milliseconds of each phase a run was in, all its stretches together. */
export function timeByPhase(spans: readonly PhaseSpan[]): Map<Phase, number> {
  const times = new Map<Phase, number>();
  for (const { phase, from, until } of spans) times.set(phase, (times.get(phase) ?? 0) + until - from);
  return times;
}
