import type { PlannedItem } from '../importing/plan-import.ts';
import { printJson, printTable } from './print.ts';

/** What became of an item. */
export type ImportResult = { planned: PlannedItem } & (
  | { state: 'made'; id: string }
  | { state: 'would_be_made' }
  | { state: 'skipped'; reason: string }
  /** `goOn` false: the reason is not in the item, so the ones behind it were not tried. */
  | { state: 'failed'; reason: string; goOn: boolean }
  | { state: 'not_tried' }
);

const STATES = ['made', 'would_be_made', 'skipped', 'failed', 'not_tried'] as const;
const MAX_CELL = 60;

/** Every item with what became of it, and how many there are of each. Nothing secret: of `credential` not a word. */
export function printImport(format: string, results: readonly ImportResult[], asJson: boolean): void {
  const counts = STATES.map((state) => [state, results.filter((result) => result.state === state).length] as const);
  if (asJson) printJson({ format, ...Object.fromEntries(counts), items: results.map(viewOf) });
  else printWords(counts, results);
}

function printWords(counts: readonly (readonly [string, number])[], results: readonly ImportResult[]): void {
  printTable(
    ['name', 'type', 'username', 'origins', 'second factor', 'left out', 'result'],
    results.map((result) => {
      const { name, type, username, origins, secondFactor, leftOut } = result.planned;
      const cells = [name, type ?? '-', username ?? '-', origins.join(' ') || '-', secondFactor ? 'yes' : 'no'];
      return [...cells.map(short), leftOut.join(', ') || '-', oneLine(resultText(result))];
    }),
  );
  const told = counts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${words(state)}`);
  process.stdout.write(`\n${told.join(', ') || 'The file holds no items.'}\n`);
}

function viewOf(result: ImportResult) {
  const { name, type, username, origins, secondFactor, leftOut } = result.planned;
  return {
    name,
    credential_type: type,
    username,
    allowed_origins: origins,
    second_factor: secondFactor,
    left_out: leftOut,
    result: result.state,
    reason: 'reason' in result ? result.reason : null,
    credential_id: 'id' in result ? result.id : null,
  };
}

function words(state: string): string {
  return state.replaceAll('_', ' ');
}

function resultText(result: ImportResult): string {
  if (result.state === 'made') return `made: ${result.id}`;
  return 'reason' in result ? `${words(result.state)}: ${result.reason}` : words(result.state);
}

/** Others' text on a terminal: without control characters, which could move what stands there. */
function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}

function short(text: string): string {
  const line = oneLine(text);
  return line.length > MAX_CELL ? `${line.slice(0, MAX_CELL - 1)}…` : line;
}
