/** A goal of a bench: at most, or at least, so much. */
export interface Goal {
  what: string;
  figure: number;
  most?: number;
  least?: number;
  unit: string;
}

/** What one bench found: a table for people, figures for programs, and the goals it is held to. */
export interface BenchResult {
  name: string;
  title: string;
  columns: string[];
  rows: (string | number | null)[][];
  goals: Goal[];
  figures: Record<string, unknown>;
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** Prints the table of a result and whether its goals are met. */
export function show({ title, columns, rows, goals }: BenchResult): void {
  const texts = [columns, ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, at) => Math.max(...texts.map((row) => row[at]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const row of texts) {
    console.log(
      row.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))).join('  '),
    );
  }
  for (const goal of goals) {
    const bound = goal.most === undefined ? `at least ${goal.least}` : `at most ${goal.most}`;
    console.log(`  ${goal.what}: ${cell(goal.figure)} ${goal.unit} (goal ${bound}): ${isMet(goal) ? 'met' : 'MISSED'}`);
  }
}

export function isMet({ figure, most, least }: Goal): boolean {
  return (most === undefined || figure <= most) && (least === undefined || figure >= least);
}
