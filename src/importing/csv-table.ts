import { CsvError, parse } from 'csv-parse/sync';
import { MAX_IMPORT_ITEMS, refuseTooMany, unreadable } from './imported-item.ts';

/** Of one line with all its fields, in characters. */
const MAX_LINE = 128 * 1024;

/** A row by the names of the columns; a column that is not there is empty. */
export type CsvRow = (column: string) => string;

/** The names of the columns in the first line of a CSV text, in lower case; empty where that is none. */
export function csvColumns(text: string): string[] {
  try {
    return (parse(text, { to: 1, max_record_size: MAX_LINE })[0] ?? []).map(columnName);
  } catch {
    return [];
  }
}

function columnName(text: string): string {
  return text.trim().toLowerCase();
}

/**
 * The rows of a CSV text (RFC 4180) below its first line. Throws `invalid_request` where it is malformed, lacks one of
 * the columns or is too long.
 */
export function csvRows(text: string, needed: readonly string[]): CsvRow[] {
  const [head = [], ...rows] = records(text);
  const columns = head.map(columnName);
  const absent = needed.filter((column) => !columns.includes(column));
  if (absent.length > 0) throw unreadable(`The CSV file has no column ${absent.join(', ')}.`);
  refuseTooMany(rows.length);
  return rows.map((row) => (column) => row[columns.indexOf(column)] ?? '');
}

function records(text: string): string[][] {
  try {
    return parse(text, { skip_empty_lines: true, max_record_size: MAX_LINE, to: MAX_IMPORT_ITEMS + 2 });
  } catch (error) {
    // Its own words repeat the field.
    const line = error instanceof CsvError && typeof error.lines === 'number' ? ` near line ${error.lines}` : '';
    throw unreadable(`The CSV file is malformed${line}: a quote, the number of fields or the length is wrong.`);
  }
}
