/**
 * Prisma's codes of a database that cannot be reached, is starting or stopping, has no turn to give, or
 * ended a transaction because two waited for each other
 * (https://www.prisma.io/docs/orm/reference/error-reference): the same call may work in a while.
 */
const AWAY = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);

/** Whether a call failed because the database is away or has too much to do, rather than because of the call. */
export function isDatabaseAway(error: unknown): boolean {
  return error instanceof Error && 'code' in error && AWAY.has(String(error.code));
}
