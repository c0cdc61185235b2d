import type { ClientConfig } from 'pg';
import { KeyturnError } from '../errors.ts';

/** How the connections that work on the rows are called in `pg_stat_activity`. */
export const APPLICATION_NAME = 'keyturn';

/** Milliseconds to wait for the server: libpq's `connect_timeout` (seconds) in the address, else ten seconds. */
export function answerTimeout(databaseUrl: string): number {
  return (Number(new URL(databaseUrl).searchParams.get('connect_timeout')) || 10) * 1_000;
}

/** How every connection of ours is made; pg by itself would wait for ever. */
export function connectionOptions(databaseUrl: string): ClientConfig {
  return { connectionString: databaseUrl, connectionTimeoutMillis: answerTimeout(databaseUrl), keepAlive: true };
}

/** Host, port and database for people to read; never user or password. */
export function describeServer(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  // A socket folder is given as ?host=/run/postgresql.
  const host = url.hostname || url.searchParams.get('host') || 'localhost';
  return `${host}:${url.port || url.searchParams.get('port') || '5432'}`;
}

/**
 * A failed connection as one sentence. What the server itself said (SQLSTATE, five characters) is about the settings;
 * everything else means that it does not answer.
 */
export function explainConnectionError(error: unknown, databaseUrl: string): KeyturnError {
  const server = describeServer(databaseUrl);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(28|3D|42)[0-9A-Z]{3}$/.test(code)) {
    const said = error instanceof Error ? error.message : code;
    return new KeyturnError('bad_configuration', { detail: `PostgreSQL at ${server} refused DATABASE_URL: ${said}.` });
  }
  const reason =
    code || (error instanceof Error && /timeout/i.test(error.message) ? 'no answer in time' : 'no connection');
  return new KeyturnError('database_unreachable', {
    detail: `PostgreSQL at ${server} cannot be reached (${reason}); is it running, and is DATABASE_URL right?`,
    // Not the error itself: pg hangs the whole connection on it, which would end up in a log.
    cause: error instanceof Error ? new Error(error.message) : error,
  });
}
