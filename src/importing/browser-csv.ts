import { type CsvRow, csvColumns, csvRows } from './csv-table.ts';
import type { ImportedItem } from './imported-item.ts';

const NEEDED = ['url', 'username', 'password'];

/** Which browser wrote a CSV text, by its columns; null: none that is known. */
export function browserOf(text: string): 'chrome' | 'firefox' | null {
  const columns = csvColumns(text);
  if (NEEDED.some((column) => !columns.includes(column))) return null;
  if (columns.includes('httprealm') || columns.includes('formactionorigin')) return 'firefox';
  return columns.includes('name') ? 'chrome' : null;
}

/** What Chrome, Edge and other Chromium browsers export: name, url, username, password, note. Throws `invalid_request`. */
export function readChromeCsv(text: string): ImportedItem[] {
  return csvRows(text, NEEDED).map((row) => login(row, row('name'), [row('url')], row('note') === '' ? [] : ['note']));
}

/**
 * What Firefox exports: url, username, password, httpRealm, formActionOrigin, … Forms that were sent to another origin
 * may go there again. Throws `invalid_request`.
 */
export function readFirefoxCsv(text: string): ImportedItem[] {
  return csvRows(text, NEEDED).map((row) => login(row, '', [row('url'), row('formactionorigin')], []));
}

function login(row: CsvRow, name: string, addresses: string[], leftOut: string[]): ImportedItem {
  const username = row('username');
  const item = { name, username, addresses: addresses.filter((address) => address.trim() !== ''), leftOut };
  const password = row('password');
  if (password === '') return { ...item, kind: 'none', reason: 'it holds no password' };
  return { ...item, kind: 'login', password, totp: null };
}
