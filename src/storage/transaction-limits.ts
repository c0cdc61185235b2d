/**
 * Milliseconds to wait for a turn at the database. Generous: the embedded one runs a transaction at a time, and of
 * PostgreSQL a process has a few connections, so a burst of calls queues here, and it is better served late than refused.
 */
export const TURN_MS = 30_000;

/** Milliseconds a transaction may wait for its turn and may take. */
export const TRANSACTION_LIMITS = { maxWait: TURN_MS, timeout: 20_000 };
