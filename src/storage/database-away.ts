/**
 * Prisma's codes of a database that cannot be reached, is starting or stopping, has no turn to give, or
 * ended a transaction because two waited for each other
 * (https://www.prisma.io/docs/orm/reference/error-reference): the same call may work in a while.
 */
const AWAY = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);
/** What the database itself said, where Prisma has no code of its own for it. */
const OTHER = 'P2039';
/** SQLite: the disk is full, cannot be written, or is held (https://www.sqlite.org/rescode.html). */
const SQLITE = new Set(['13', '10', '5']);
/** The same where it came past Prisma: from the begin or the commit of a transaction. */
const LIBSQL = /^SQLITE_(FULL|IOERR|BUSY)/;
/** PostgreSQL: connection exceptions, no resources (a full disk too), and a server that stops or starts (SQLSTATE). */
const POSTGRES = /^(08|53|57P)[0-9A-Z]+$/;
/** pg itself, of a connection that ended in the middle of a transaction, did not come, or was not free in time. */
const BY_PG =
  /^(Client has encountered a connection error|Connection terminated|timeout exceeded when trying to connect|timeout expired)/;

/**
 * Whether a call failed, itself or by what caused it, because the database is away, has no room or has too much to do,
 * rather than because of the call.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined && isDatabaseAway(error.cause)) return true;
  if (!('code' in error)) return BY_PG.test(error.message);
  if (error.code !== OTHER) return AWAY.has(String(error.code)) || LIBSQL.test(String(error.code));
  const said = saidCode(error);
  return SQLITE.has(said) || POSTGRES.test(said);
}

function saidCode(error: Error): string {
  const { driverAdapterError } = ('meta' in error && error.meta ? error.meta : {}) as {
    driverAdapterError?: { cause?: { originalCode?: unknown } };
  };
  return String(driverAdapterError?.cause?.originalCode ?? '');
}
