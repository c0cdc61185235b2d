import Libsql from 'libsql';

/** The service's own statements are some hundreds; lists of any length make ever new ones. */
const MAX_STATEMENTS = 400;

interface Prepared {
  statement: Libsql.Statement;
  /** Names and declared types of what it returns; none where it returns nothing. */
  columns: string[];
  columnTypes: string[];
}

/** What a statement returned: an integer as a number, bytes as an ArrayBuffer. */
export interface StatementResult {
  columns: string[];
  columnTypes: string[];
  rows: unknown[][];
  rowsAffected: number;
}

function fromSqlite(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError('An integer of the database is beyond 2^53.');
    return number;
  }
  if (!(value instanceof Uint8Array)) return value;
  return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
}

function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  // What came from another thread is no Buffer any more.
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/**
 * One connection whose statements are prepared once: SQLite takes ten times as long to prepare one of Prisma's as to run
 * it, and as long again to name its columns. Synchronous; throws what libSQL throws.
 */
export class PreparedStatements {
  readonly #database: Libsql.Database;
  /** By their text, the one used last at the end. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(file: string) {
    this.#database = new Libsql(file);
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql).safeIntegers(true);
    const found = statement.reader ? statement.raw(true).columns() : [];
    const prepared = {
      statement,
      columns: found.map(({ name }) => name),
      columnTypes: found.map(({ type }) => type ?? ''),
    };
    this.#prepared.set(sql, prepared);
    const [oldest = sql] = this.#prepared.keys();
    if (this.#prepared.size > MAX_STATEMENTS) this.#prepared.delete(oldest);
    return prepared;
  }

  run(sql: string, args: readonly unknown[]): StatementResult {
    const { statement, columns, columnTypes } = this.#prepare(sql);
    const values = args.map(toSqlite);
    if (columns.length === 0) {
      return { columns, columnTypes, rows: [], rowsAffected: statement.run(values).changes };
    }
    const rows = statement.all(values) as unknown[][];
    return { columns, columnTypes, rows: rows.map((row) => row.map(fromSqlite)), rowsAffected: 0 };
  }

  /** Runs statements in a row. What they change of the tables, prepared ones must not have seen. */
  script(sql: string): void {
    this.#prepared.clear();
    try {
      this.#database.exec(sql);
    } finally {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    }
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }
}
