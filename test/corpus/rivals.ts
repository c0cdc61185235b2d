import type { Counts } from './scorer.ts';

/** One figure of the comparison, in per cent. */
interface Measure {
  name: string;
  /** What was promised of Keyturn; null: only compared. */
  goal: number | null;
  /** Fewer is better. */
  lower?: boolean;
  of: (counts: Counts) => number | null;
  /** What the README of the collections gives for two others: the first password box, DuckDuckGo's scanner. */
  published: readonly [number, number];
}

const share = (name: string) => (found: Counts) => {
  const { k, n } = found.counts[name] ?? { k: 0, n: 0 };
  return n === 0 ? null : (100 * k) / n;
};
const precision = (role: string) => (found: Counts) => {
  const { tp, fp } = found.roles[role] ?? { tp: 0, fp: 0 };
  return tp + fp === 0 ? null : (100 * tp) / (tp + fp);
};
const recall = (role: string) => (found: Counts) => {
  const { tp, fn } = found.roles[role] ?? { tp: 0, fn: 0 };
  return tp + fn === 0 ? null : (100 * tp) / (tp + fn);
};

const WRONG_AIM = 'non-login page: password aimed at a field that does not take the current one';

const MEASURES: readonly Measure[] = [
  {
    name: 'login page: both fields right',
    goal: 97,
    of: share('login page: username and password both right'),
    published: [90, 86.9],
  },
  {
    name: 'login page: both and submit right',
    goal: 96,
    of: share('login page: both right and submit right'),
    published: [88.1, 78.6],
  },
  { name: 'page kind right', goal: 95, of: share('page kind right'), published: [83.7, 88.2] },
  { name: 'other page: a wrong field aimed at', goal: 1, lower: true, of: share(WRONG_AIM), published: [36, 2.3] },
  { name: 'username precision', goal: null, of: precision('username'), published: [94.7, 98.1] },
  { name: 'username recall', goal: null, of: recall('username'), published: [89.9, 87.4] },
  { name: 'current password precision', goal: null, of: precision('password'), published: [98, 98.8] },
  { name: 'current password recall', goal: null, of: recall('password'), published: [97.6, 94.3] },
  { name: 'submit (annotated) precision', goal: null, of: precision('submit (annotated)'), published: [97.3, 99] },
  { name: 'submit (annotated) recall', goal: null, of: recall('submit (annotated)'), published: [85.9, 78.7] },
  { name: 'code field recall', goal: null, of: recall('otp'), published: [20, 33.3] },
];

export const OVERLAP =
  'The figures of the two right columns are published ones, on 1,206 pages of the same sources: those pages overlap with these but are not the same.';

const cell = (value: number | null): string => (value === null ? '-' : value.toFixed(1)).padStart(9);

/** Whether Keyturn is where it must be: at its goal, and before every other that has a figure. */
function verdictOf(measure: Measure, own: number | null, others: readonly (number | null)[]): string {
  if (own === null) return 'no pages';
  const reaches = (bound: number): boolean => (measure.lower ? own <= bound : own >= bound);
  const beats = (other: number | null): boolean => other === null || (measure.lower ? own < other : own > other);
  const missed = [
    ...(measure.goal !== null && !reaches(measure.goal) ? [`goal ${measure.lower ? '≤' : '≥'} ${measure.goal}`] : []),
    ...(others.every(beats) ? [] : ['not the best']),
  ];
  return missed.length === 0 ? 'met' : `MISSED: ${missed.join(', ')}`;
}

/** Keyturn beside the others, line by line, and whether any line is missed. */
export function compareWithRivals(own: Counts, firstBox: Counts): { lines: string[]; missed: boolean } {
  const head = ['per cent'.padEnd(38), '  Keyturn', 'first box', 'first box', 'DuckDuckGo'].join('  ');
  const pages = [''.padEnd(38), '    these', '    these', '    1,206', '     1,206'].join('  ');
  const rows = MEASURES.map((measure) => {
    const mine = measure.of(own);
    const others = [measure.of(firstBox), ...measure.published];
    const verdict = verdictOf(measure, mine, others);
    return {
      text: `${measure.name.padEnd(38)}  ${[mine, ...others].map(cell).join('  ')}   ${verdict}`,
      missed: verdict.startsWith('MISSED'),
    };
  });
  return {
    lines: [head, pages, ...rows.map(({ text }) => text), OVERLAP],
    missed: rows.some(({ missed }) => missed),
  };
}
