/** How well an element fits a role, with the signals that say so. */
export interface Candidate<T> {
  element: T;
  score: number;
  reasons: string[];
}

/** A sum of weighted signals that remembers them. */
export class Score {
  total = 0;
  readonly reasons: string[] = [];

  add(weight: number, reason: string): this {
    this.total += weight;
    this.reasons.push(`${reason} ${weight > 0 ? '+' : ''}${weight}`);
    return this;
  }

  /** Adds the signal when it is there. */
  when(holds: boolean, weight: number, reason: string): this {
    return holds ? this.add(weight, reason) : this;
  }

  of<T>(element: T): Candidate<T> {
    return { element, score: this.total, reasons: this.reasons };
  }
}

/** A score under this is no claim. */
export const ENOUGH = 2;

/** The first of the highest, when it is a claim at all. */
export function best<T>(candidates: readonly Candidate<T>[], enough = ENOUGH): Candidate<T> | null {
  let found: Candidate<T> | null = null;
  for (const candidate of candidates) {
    if (candidate.score >= enough && candidate.score > (found?.score ?? 0)) found = candidate;
  }
  return found;
}
