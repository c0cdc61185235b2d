import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ByteText } from './secret-encodings.ts';

const MAGIC = 'SQLite format 3\0';

export function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, 16).toString('latin1') === MAGIC;
}

/** Write-ahead logs start with one of two numbers (https://sqlite.org/fileformat2.html#walformat). */
export function isWal(bytes: Buffer): boolean {
  return bytes.length >= 32 && (bytes.readUInt32BE(0) & 0xfffffffe) === 0x377f0682;
}

interface Page {
  number: number;
  bytes: Buffer;
}

function pageSize(stored: number): number {
  return stored === 1 ? 65_536 : stored;
}

/** The pages of a database file, free ones too, or of a write-ahead log, overwritten frames too. */
function pagesOf(bytes: Buffer): Page[] {
  const pages: Page[] = [];
  if (isWal(bytes)) {
    const size = bytes.readUInt32BE(8);
    for (let at = 32; at + 24 + size <= bytes.length; at += 24 + size) {
      pages.push({ number: bytes.readUInt32BE(at), bytes: bytes.subarray(at + 24, at + 24 + size) });
    }
  } else {
    const size = pageSize(bytes.readUInt16BE(16));
    for (let at = 0; at + size <= bytes.length; at += size) {
      pages.push({ number: at / size + 1, bytes: bytes.subarray(at, at + size) });
    }
  }
  return pages;
}

/**
 * Finds a text that lies across an overflow border: its first part stands before the four bytes that name the next page
 * (in a cell) or at the end of an overflow page, the rest after the first four bytes of the page that follows
 * (https://sqlite.org/fileformat2.html#ovflpgs). Free pages keep both, so deleted values are found too.
 */
export class SplitSearch {
  readonly #pages: Page[];
  readonly #heads = new Map<string, Page[]>();

  /** `longest`: of the texts to come, in bytes. */
  constructor(files: readonly Buffer[], longest: number) {
    this.#pages = files.flatMap(pagesOf);
    for (const page of this.#pages) {
      const head = page.bytes.toString('latin1', 4, 4 + longest);
      for (let length = 1; length <= head.length; length += 1) {
        const start = head.slice(0, length);
        const found = this.#heads.get(start);
        if (found) found.push(page);
        else this.#heads.set(start, [page]);
      }
    }
  }

  finds(text: ByteText): boolean {
    for (let cut = 1; cut < text.length; cut += 1) {
      const rest = this.#heads.get(text.slice(cut));
      if (rest && this.#endsBefore(text.slice(0, cut), new Set(rest.map((page) => page.number)))) return true;
    }
    return false;
  }

  #endsBefore(start: ByteText, next: ReadonlySet<number>): boolean {
    return this.#pages.some(({ bytes }) => {
      if (bytes.toString('latin1', bytes.length - start.length) === start && next.has(bytes.readUInt32BE(0)))
        return true;
      for (let at = bytes.indexOf(start, 0, 'latin1'); at >= 0; at = bytes.indexOf(start, at + 1, 'latin1')) {
        const pointer = at + start.length;
        if (pointer + 4 <= bytes.length && next.has(bytes.readUInt32BE(pointer))) return true;
      }
      return false;
    });
  }
}

/** Every text and blob a database holds, as SQL reads it, from a copy: the file may be in use. */
export function* cellsOf(file: string): Generator<{ name: string; bytes: Buffer }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'copy-'));
  const copy = path.join(folder, 'copy.db');
  for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
  const database = new DatabaseSync(copy);
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
    for (const { name: table } of tables) {
      const select = database.prepare(`SELECT * FROM "${String(table).replaceAll('"', '""')}"`);
      // A number may be larger than JavaScript's.
      select.setReadBigInts(true);
      for (const row of select.iterate()) {
        for (const [column, value] of Object.entries(row)) {
          const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value ?? ''));
          if (bytes.length > 0) yield { name: `${table}.${column}`, bytes };
        }
      }
    }
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
