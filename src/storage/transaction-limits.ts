/**
 * Milliseconds a transaction may wait for its turn and may take. Generous: the embedded database runs one transaction at
 * a time, so a burst of requests queues here, and it is better served late than refused.
 */
export const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 20_000 };
