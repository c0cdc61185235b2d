import { parentPort, workerData } from 'node:worker_threads';
import { PreparedStatements, type StatementResult } from './prepared-statements.ts';

/** What the thread is asked; `args` null: a script of several statements. */
export interface StatementQuestion {
  id: number;
  sql: string;
  args: readonly unknown[] | null;
}

export type StatementAnswer =
  | { id: number; result: StatementResult | null }
  | { id: number; failure: { message: string; code?: unknown; rawCode?: unknown } };

/** Makes this thread a connection to one file: answers in the order of the questions; `null` closes it. */
export function serveStatements(): void {
  const port = parentPort;
  if (!port) throw new Error('Statements are served in a thread of their own.');
  // Opened by the first question: what is wrong with the file is the answer.
  let connection: PreparedStatements | null = null;
  const answer = ({ id, sql, args }: StatementQuestion): StatementAnswer => {
    try {
      connection ??= new PreparedStatements(workerData as string);
      if (args) return { id, result: connection.run(sql, args) };
      connection.script(sql);
      return { id, result: null };
    } catch (error) {
      const { message, code, rawCode } = error as Error & { code?: unknown; rawCode?: unknown };
      return { id, failure: { message, code, rawCode } };
    }
  };
  port.on('message', (question: StatementQuestion | null) => {
    if (question) return port.postMessage(answer(question));
    connection?.close();
    port.close();
  });
}
