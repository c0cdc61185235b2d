import { HTTP_LIMITS } from './request-limits.ts';

/** What clients may hold of the service, however slow they are. */
export interface ConnectionBounds {
  /** Connections at a time; those beyond it are dropped. Each waiting poll and each event stream is one. */
  connections: number;
  /** Milliseconds for the head of a request, from the connection's first moment, and for all of it. */
  headersMs: number;
  requestMs: number;
  /** Milliseconds in which nothing moves on a connection: a reader that takes nothing, a client that is gone. */
  silentMs: number;
  /** How often the first two are looked at. */
  lookMs: number;
}

/** A poll may wait 60 s, and an event stream says something each 30 s: both are less than `silentMs`. */
export const CONNECTION_BOUNDS: ConnectionBounds = {
  connections: 2_000,
  headersMs: 10_000,
  requestMs: 30_000,
  silentMs: 120_000,
  lookMs: 2_500,
};

/** The same as options of the server. */
export function boundedServer({ headersMs, requestMs, silentMs, lookMs }: ConnectionBounds) {
  return {
    requestTimeout: requestMs,
    connectionTimeout: silentMs,
    http: { ...HTTP_LIMITS, headersTimeout: headersMs, connectionsCheckingInterval: lookMs },
  };
}
