import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PreparedStatements, type StatementResult } from './prepared-statements.ts';
import { StatementThread } from './statement-thread.ts';

type Client = ReturnType<PrismaLibSql['createClient']>;
type Transaction = Awaited<ReturnType<Client['transaction']>>;
type Result = Awaited<ReturnType<Client['execute']>>;
export type Adapter = Awaited<ReturnType<PrismaLibSql['connect']>>;

/**
 * What every statement runs under. `secure_delete` (what was deleted does not stay in free pages) and `busy_timeout`
 * differ from the defaults; the others are stated because so much depends on them.
 */
const PRAGMAS = `PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
PRAGMA secure_delete = ON;`;

/** Milliseconds of statements in a row before everything else in the process gets a turn. */
const SLICE_MS = 5;

/**
 * libSQL answers before it returns, so a series of awaited statements never reaches the event loop: timers, sockets and
 * cancellations would stand still until it ends. Call before each statement.
 */
function takeTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await setImmediate();
    since = performance.now();
  };
}

/** A connection, in this thread or in one of its own. */
interface Statements {
  run(sql: string, args: readonly unknown[]): Promise<StatementResult>;
  script(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** A connection in this thread, for what never waits for the disk. */
function statementsHere(file: string): Statements {
  const statements = new PreparedStatements(file);
  const turn = takeTurns();
  return {
    run: async (sql, args) => {
      await turn();
      return statements.run(sql, args);
    },
    script: async (sql) => statements.script(sql),
    close: async () => statements.close(),
  };
}

const SQLITE_CONSTRAINT = 19;

/** Whether SQLite may have rolled the whole transaction back by itself (disk full, I/O error), see lang_transaction.html. */
function endsTransaction(error: unknown): boolean {
  const code = error instanceof Error && 'rawCode' in error ? Number(error.rawCode) : 0;
  return (code & 0xff) !== SQLITE_CONSTRAINT;
}

/**
 * A transaction on the client's own connection. After an error that may have ended it, nothing more is run: those
 * statements would each commit by themselves.
 */
class SameConnectionTransaction implements Transaction {
  readonly #client: Client;
  #state: 'open' | 'lost' | 'closed' = 'open';

  constructor(client: Client) {
    this.#client = client;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') throw new Error('The transaction is over.');
    try {
      return await work();
    } catch (error) {
      if (endsTransaction(error)) this.#state = 'lost';
      throw error;
    }
  }

  execute(statement: Parameters<Transaction['execute']>[0]): ReturnType<Transaction['execute']> {
    return this.#run(() => this.#client.execute(statement));
  }

  batch(): never {
    throw new Error('Prisma sends one statement at a time.');
  }

  executeMultiple(): never {
    throw new Error('Prisma sends one statement at a time.');
  }

  async commit(): Promise<void> {
    try {
      await this.#run(() => this.#client.execute('COMMIT'));
    } catch (error) {
      await this.rollback();
      throw error;
    }
    this.#state = 'closed';
  }

  async rollback(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    // It fails when SQLite rolled back already: then there is nothing to do.
    await this.#client.execute('ROLLBACK').catch(() => {});
  }

  close(): void {
    void this.rollback();
  }
}

/**
 * The client that Prisma's libSQL adapter asks, on one connection for good and with statements prepared once. The
 * library's own gives its connection away to each transaction and opens a new one afterwards, without our pragmas and
 * without closing the old one; since the adapter lets nothing else run during a transaction, the same connection serves.
 */
class OneConnection implements Client {
  readonly protocol = 'file';
  closed = false;
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async execute(statement: Parameters<Client['execute']>[0] | string): Promise<Result> {
    const { sql, args = [] } = typeof statement === 'string' ? { sql: statement } : statement;
    // The adapter reads rows by index only.
    return (await this.#statements.run(sql, args as unknown[])) as unknown as Result;
  }

  async transaction(): Promise<Transaction> {
    await this.execute('BEGIN IMMEDIATE');
    return new SameConnectionTransaction(this);
  }

  async executeMultiple(sql: string): Promise<void> {
    await this.#statements.script(sql);
  }

  batch(): never {
    throw new Error('Prisma sends one statement at a time.');
  }

  migrate(): never {
    throw new Error('Migrations are scripts.');
  }

  sync(): never {
    throw new Error('There is one copy of the database.');
  }

  reconnect(): never {
    throw new Error('There is one connection.');
  }

  close(): void {
    this.closed = true;
  }
}

class OneConnectionLibSql extends PrismaLibSql {
  readonly #statements: Statements;

  constructor(file: string, statements: Statements) {
    super({ url: pathToFileURL(file).href });
    this.#statements = statements;
  }

  override createClient(): Client {
    return new OneConnection(this.#statements);
  }
}

async function connect(file: string, statements: Statements, pragmas: string): Promise<Adapter> {
  const adapter = await new OneConnectionLibSql(file, statements).connect();
  const dispose = adapter.dispose.bind(adapter);
  const close = async () => {
    await dispose();
    await statements.close();
  };
  try {
    await adapter.executeScript(pragmas);
  } catch (error) {
    await close();
    throw error;
  }
  return Object.assign(adapter, { dispose: close });
}

/**
 * Opens the file, to be written by a thread of its own. The same SQLite must do everything with it in this process,
 * migrations too: a second build of SQLite would not see the first one's locks and could delete the write-ahead log
 * under it.
 */
export async function connectSqlite(file: string): Promise<Adapter> {
  const adapter = await connect(file, new StatementThread(file), PRAGMAS);
  const { dispose } = adapter;
  return Object.assign(adapter, {
    dispose: async () => {
      // The handle may stay open until its statements are collected, so closing alone could leave everything in the log.
      await adapter.executeScript('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
      await dispose();
    },
  });
}

/** What only reads, and is sent outside of transactions. Prisma writes its own statements like this. */
const READS = /^SELECT\b/;

/**
 * The adapter as Prisma asks for it: it connects once. What reads outside of a transaction has a connection of its own,
 * which sees whatever was committed (WAL): on the one that writes it would wait for each transaction under way, its
 * flush to the disk included.
 */
export async function withReader(
  writer: Adapter,
  file: string,
): Promise<Pick<PrismaLibSql, 'provider' | 'adapterName' | 'connect'>> {
  const { queryRaw, dispose } = writer;
  const reader = await connect(file, statementsHere(file), `${PRAGMAS}\nPRAGMA query_only = ON;`).catch(
    async (error: unknown) => {
      await writer.dispose();
      throw error;
    },
  );
  const adapter = Object.assign(writer, {
    queryRaw: (query: Parameters<Adapter['queryRaw']>[0]) =>
      READS.test(query.sql) ? reader.queryRaw(query) : queryRaw.call(writer, query),
    dispose: async () => {
      await reader.dispose();
      await dispose.call(writer);
    },
  });
  return { provider: 'sqlite', adapterName: adapter.adapterName, connect: async () => adapter };
}
