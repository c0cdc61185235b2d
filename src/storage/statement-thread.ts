import { Worker } from 'node:worker_threads';
import { cacheOf, workerEntry } from '../worker-entry.ts';
import type { StatementResult } from './prepared-statements.ts';
import type { StatementAnswer, StatementQuestion } from './serve-statements.ts';

type Waiting = PromiseWithResolvers<StatementResult | null>;

/**
 * A connection in a thread of its own. Each commit waits for the disk, and on a busy machine for its turn after that:
 * here nobody else waits along. Statements run in the order in which they are given. The process does not outlive the
 * thread: an error that nothing caught in it, or its end, is thrown here.
 */
export class StatementThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #asked = 0;
  #isClosed = false;

  constructor(file: string) {
    const entry = workerEntry('sqlite-writer');
    this.#worker = new Worker(entry, { workerData: file, env: cacheOf(entry), name: 'sqlite-writer' });
    this.#worker.unref();
    this.#worker.on('message', (answer: StatementAnswer) => this.#take(answer));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone = promise;
    this.#worker.once('exit', () => {
      const asAsked = this.#isClosed;
      this.#isClosed = true;
      for (const { reject } of this.#waiting.values()) reject(new Error('The database is closed.'));
      this.#waiting.clear();
      resolve();
      // Caught by nobody: a service that cannot write ends, as at a kill, and what it had is found by the next one.
      if (!asAsked) throw new Error('The thread that writes the database has ended.');
    });
  }

  #take(answer: StatementAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    // Only what is under way keeps the process.
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(Object.assign(new Error(answer.failure.message), answer.failure));
  }

  async #ask(sql: string, args: readonly unknown[] | null): Promise<StatementResult | null> {
    if (this.#isClosed) throw new Error('The database is closed.');
    const waiting: Waiting = Promise.withResolvers();
    this.#asked += 1;
    this.#worker.postMessage({ id: this.#asked, sql, args } satisfies StatementQuestion);
    this.#waiting.set(this.#asked, waiting);
    this.#worker.ref();
    return waiting.promise;
  }

  /** Throws what libSQL throws: an Error with `code` and `rawCode`. */
  async run(sql: string, args: readonly unknown[]): Promise<StatementResult> {
    return (await this.#ask(sql, args)) as StatementResult;
  }

  /** Several statements in a row; rolled back where it leaves a transaction open. */
  async script(sql: string): Promise<void> {
    await this.#ask(sql, null);
  }

  /** Resolves once the file is closed. What was asked before is answered first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#worker.ref();
    this.#worker.postMessage(null);
    await this.#gone;
  }
}
